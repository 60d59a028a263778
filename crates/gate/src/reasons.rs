//! Why somebody did not get a message, said so that whoever reads it knows what to do.

use crate::model::End;
use siyu_kernel::{Time, Zone};

/// What the gate itself answers; ways out add reasons of their own.
pub const CODES: &[(&str, &str, &str)] = &[
    ("undecided", "Not decided yet: this person's turn has not come.", "尚未轮到判断。"),
    ("on_its_way", "Let through; it is on its way.", "已放行，正在发送途中。"),
    ("duplicate", "This person gets the message already, under another identity.", "同一人已以其他身份收到该消息。"),
    ("erased", "This person's data was erased.", "该客户的数据已删除。"),
    ("consent_withdrawn", "This person has withdrawn their consent.", "客户已撤回同意。"),
    (
        "consent_missing",
        "This channel needs a consent, and this person has given none.",
        "该渠道需先取得同意，客户尚未同意。",
    ),
    ("no_friend", "No member of staff who may have customers is this person's friend.", "没有可联系该客户的员工好友。"),
    ("no_email", "No mail address of this person is known.", "没有该客户的邮箱地址。"),
    ("no_phone", "No phone number of this person is known.", "没有该客户的手机号。"),
    (
        "address_left_alone",
        "Mail or SMS to this address bounced, or its owner wants none.",
        "该地址曾退信、号码无效或已退订，不再发送。",
    ),
    (
        "quota",
        "WeCom lets this person have no more mass messages in this period.",
        "企业微信的群发次数在本周期内已用完。",
    ),
    ("cap", "This person has had as many messages as a cap allows.", "已达到频次上限。"),
    ("quiet_hours", "It is a quiet hour where this person is.", "处于客户所在地的免打扰时段。"),
    (
        "fatigue",
        "This person has had enough for now: their attention budget is used up.",
        "客户的疲劳预算已用完，暂不打扰。",
    ),
    (
        "outranked",
        "A message worth more wants this person at the same time, and there is room for one.",
        "同一时段有价值更高的消息，名额让给了它。",
    ),
    ("holdout", "Held out, so that the effect of messages can be measured.", "属于对照组，用于衡量效果，不发送。"),
    ("expired", "The message expired before it could be sent.", "消息已过有效期，未发送。"),
    ("cancelled", "The message was cancelled before it was sent.", "发送前已取消。"),
    (
        "withdrawn",
        "The journey took it back before it was sent: the person had left it.",
        "旅程已收回：客户在发送前离开了旅程。",
    ),
    ("unconfirmed", "The member of staff did not confirm the task in time.", "员工未在有效期内确认发送。"),
    ("not_friends", "No longer a friend of the member of staff.", "客户已不是该员工的好友。"),
    (
        "limit_reached",
        "WeCom's limit of mass messages for this customer was reached.",
        "该客户接收群发已达企业微信上限。",
    ),
    (
        "not_reachable",
        "WeCom named this customer as unreachable when the task was made.",
        "创建任务时企业微信提示该客户无法触达。",
    ),
    ("test_cell", "Waits for the winner of the test.", "等待 A/B 测试的优胜内容。"),
    ("outcome_unknown", "Nobody knows whether it was sent; it is not sent again.", "无法确认是否发出，不再重发。"),
    ("late", "The time in which it can be sent was over.", "已超过可发送的时间。"),
    ("no_code", "WeCom gave no welcome code.", "企业微信未提供欢迎语凭证。"),
    ("no_rule", "No welcome fits.", "没有匹配的欢迎语。"),
    ("silent", "The welcome that fits says nothing: staff greet themselves.", "匹配到静默规则，由员工自行招呼。"),
    ("already_welcomed", "This customer has been welcomed already.", "客户已收到过欢迎语。"),
    ("files_not_ready", "The files of the message were not ready at WeCom.", "附件尚未上传到企业微信。"),
    ("without_files", "Sent without its files, which were not ready.", "附件未就绪，仅发送了文字。"),
    ("answer_lost", "Sent; WeCom's answer to the first attempt was lost.", "已发送（首次应答丢失）。"),
];

/// English and Chinese. `until` is said for those who wait.
pub fn sentence(end: End, reason: &str, until: Option<Time>, zone: &Zone) -> (String, String) {
    let known = CODES.iter().find(|(code, ..)| *code == reason);
    let (en, zh) = match (known, end) {
        (Some((_, en, zh)), _) => ((*en).to_owned(), (*zh).to_owned()),
        (None, End::Sent) => ("Sent.".to_owned(), "已发送。".to_owned()),
        (None, End::Waiting) => ("Waits.".to_owned(), "等待中。".to_owned()),
        (None, End::Skipped) => (format!("Skipped: {reason}."), format!("已跳过：{reason}。")),
        (None, End::Failed) => (format!("The channel refused it: {reason}."), format!("渠道拒绝发送：{reason}。")),
    };
    match (end, until) {
        (End::Waiting, Some(until)) if !reason.is_empty() && reason != "on_its_way" => {
            let when = zone.local(until);
            (format!("{en} Asked again at {when}."), format!("{zh}将于 {when} 再次判断。"))
        }
        _ => (en, zh),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_sentences_in_both_languages() {
        for (at, (code, en, zh)) in CODES.iter().enumerate() {
            assert!(en.ends_with('.') && zh.ends_with('。') && zh.chars().any(|c| c > '\u{4e00}'), "{code}");
            assert!(CODES[..at].iter().all(|(own, ..)| own != code), "{code} is there twice");
        }
        let until = Time::parse("2026-03-03T00:00:00Z").unwrap();
        let (en, zh) = sentence(End::Waiting, "quiet_hours", Some(until), &Zone::shanghai());
        assert_eq!(en, "It is a quiet hour where this person is. Asked again at 2026-03-03 08:00:00.");
        assert_eq!(zh, "处于客户所在地的免打扰时段。将于 2026-03-03 08:00:00 再次判断。");
        assert_eq!(sentence(End::Failed, "rate_limited", None, &Zone::utc()).1, "渠道拒绝发送：rate_limited。");
    }
}
