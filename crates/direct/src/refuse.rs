//! What is refused, each with its code.

use siyu_kernel::Refusal;

pub fn content(field: &str, en: impl Into<String>, zh: impl Into<String>) -> Refusal {
    Refusal::invalid("direct_content", en, zh).field(field)
}
pub fn variable(field: &str) -> Refusal {
    Refusal::invalid(
        "direct_variable",
        "Mail and SMS have no member of staff in between: use customer.name, brand.name and greeting only.",
        "邮件与短信不经员工发出，只能使用 customer.name、brand.name 和 greeting 变量。",
    )
    .field(field)
}
pub fn no_account(mail: bool) -> Refusal {
    let (en, zh) = if mail {
        ("There is no mail account yet; set one up in the settings.", "尚未配置邮件账号，请先在设置中配置。")
    } else {
        ("There is no SMS account yet; set one up in the settings.", "尚未配置短信账号，请先在设置中配置。")
    };
    Refusal::conflict("direct_account", en, zh)
}
