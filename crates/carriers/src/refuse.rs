//! What is refused, each with its code.

use siyu_kernel::{Class, Refusal};

pub fn mail(field: &str, en: impl Into<String>, zh: impl Into<String>) -> Refusal {
    Refusal::invalid("mail_account", en, zh).field(field)
}
pub fn mail_unset() -> Refusal {
    Refusal::not_found("mail_account_unset", "There is no mail account yet.", "尚未设置邮件账号。")
}
/// A password goes to the server it was entered for, and to no other.
pub fn password_again() -> Refusal {
    Refusal::invalid(
        "mail_password_again",
        "Enter the password again: it was entered for another server.",
        "服务器、端口、账号或证书有变化，请重新填写密码（授权码）。",
    )
    .field("password")
}
pub fn sms(field: &str, en: impl Into<String>, zh: impl Into<String>) -> Refusal {
    Refusal::invalid("sms_account", en, zh).field(field)
}
pub fn sms_unset() -> Refusal {
    Refusal::not_found("sms_account_unset", "There is no SMS account yet.", "尚未设置短信账号。")
}
pub fn changed() -> Refusal {
    Refusal::conflict(
        "account_changed",
        "Somebody has changed this account meanwhile. Load it again and repeat the change.",
        "该账号已被他人修改，请重新载入后再改。",
    )
}
pub fn template(field: &str, en: impl Into<String>, zh: impl Into<String>) -> Refusal {
    Refusal::invalid("sms_template", en, zh).field(field)
}
pub fn template_unknown() -> Refusal {
    Refusal::not_found("sms_template_unknown", "There is no such SMS template.", "短信模板不存在。")
}
pub fn template_used() -> Refusal {
    Refusal::conflict(
        "sms_template_used",
        "Contents use this template; change them first.",
        "该模板正被内容使用，请先修改这些内容。",
    )
}
pub fn templates_full() -> Refusal {
    Refusal::conflict("sms_templates_full", "A workspace holds up to 500 SMS templates.", "最多可维护 500 个短信模板。")
}
pub fn alone_address() -> Refusal {
    Refusal::invalid(
        "suppression_address",
        "This is neither an e-mail address nor a mobile number of the channel.",
        "地址不是该渠道有效的邮箱或手机号。",
    )
    .field("address")
}
pub fn alone_channel() -> Refusal {
    Refusal::invalid("suppression_channel", "The channel is email or sms.", "渠道须为 email 或 sms。").field("channel")
}
pub fn alone_reason() -> Refusal {
    Refusal::invalid(
        "suppression_reason",
        "A reason has 1 to 60 small letters, digits and underscores.",
        "原因须为 1 到 60 位小写字母、数字或下划线。",
    )
    .field("reason")
}
pub fn alone_unknown() -> Refusal {
    Refusal::not_found("suppression_unknown", "This address is not left alone (any more).", "该地址不在免打扰名单中。")
}
pub fn alone_file() -> Refusal {
    Refusal::invalid(
        "suppression_file",
        "Give a CSV of up to 100,000 lines with the addresses in its first column.",
        "请提供 CSV，首列为地址，最多 10 万行。",
    )
}
pub fn address() -> Refusal {
    Refusal::invalid(
        "unsubscribe_address",
        "The address begins with https:// and is a host name with an optional port.",
        "地址须以 https:// 开头，仅含主机名与可选端口。",
    )
    .field("address")
}
pub fn token() -> Refusal {
    Refusal::not_found("unsubscribe_unknown", "This link is not one of ours.", "该链接无效。")
}
pub fn report_none() -> Refusal {
    Refusal::invalid(
        "mail_report_unread",
        "This is no bounce and no complaint, or says nothing of any receiver.",
        "该邮件不是退信或投诉报告，或未说明收件人。",
    )
}
pub fn report_large() -> Refusal {
    Refusal::new(Class::TooLarge, "mail_report_size", "A raw mail has at most 10 MB.", "原始邮件最大 10 MB。")
}
pub fn report_foreign() -> Refusal {
    Refusal::invalid(
        "mail_report_foreign",
        "It did not come to an address that we have given out.",
        "该退信并非发往本系统生成的退信地址。",
    )
}
pub fn push_unknown() -> Refusal {
    Refusal::not_found("sms_push_unknown", "There is no such address.", "地址不存在。")
}
pub fn push_unread() -> Refusal {
    Refusal::invalid("sms_push_unread", "This is no push of the provider.", "内容不是短信服务商的推送格式。")
}
