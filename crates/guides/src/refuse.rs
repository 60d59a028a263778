//! What is refused, each with its code.

use siyu_kernel::{Class, Refusal};

pub fn not_set_up() -> Refusal {
    Refusal::conflict(
        "guide_not_set_up",
        "The address of the guides' pages is not set. Enter it in the console under Team → Guide workbench.",
        "尚未设置导购页面的访问地址，请在控制台“团队 → 导购工作台”中填写。",
    )
}
pub fn address() -> Refusal {
    Refusal::invalid(
        "guide_address",
        "The address is https:// and a host name, as WeCom's trusted domain has it; http:// is allowed for this machine only.",
        "地址须为 https:// 加域名，并与企业微信可信域名一致；仅本机可用 http://。",
    )
}
pub fn file() -> Refusal {
    Refusal::invalid(
        "guide_file",
        "A verification file is called WW_verify_….txt, of letters and digits, and holds up to 200 printable characters.",
        "校验文件名形如 WW_verify_xxxx.txt（字母与数字），内容最长 200 个可见字符。",
    )
    .field("name")
}
pub fn login_page() -> Refusal {
    Refusal::invalid("guide_page", "`to` is one of side and work.", "to 的取值为 side 或 work。").field("to")
}
pub fn login_state() -> Refusal {
    Refusal::new(
        Class::Unauthenticated,
        "guide_login_state",
        "This login was not begun in this browser, was used already, or is older than ten minutes. Open the page again.",
        "本次登录不是由当前浏览器发起、已被使用或超过十分钟，请重新打开页面。",
    )
}
pub fn login_code() -> Refusal {
    Refusal::new(
        Class::Unauthenticated,
        "guide_login_code",
        "WeCom does not know this login code, or it was used already. Open the page again.",
        "企业微信不认可此登录码，或已被使用，请重新打开页面。",
    )
}
pub fn not_staff() -> Refusal {
    Refusal::forbidden(
        "guide_not_staff",
        "Only members of the corporation whom the app can see may use this page.",
        "仅限应用可见范围内的企业成员使用。",
    )
}
pub fn customer_unknown() -> Refusal {
    Refusal::not_found(
        "guide_customer_unknown",
        "There is no such customer among those you look after.",
        "您负责的客户中没有该客户。",
    )
}
pub fn group_unknown() -> Refusal {
    Refusal::not_found(
        "guide_group_unknown",
        "There is no such customer group among those you are in.",
        "您所在的客户群中没有该群。",
    )
}
pub fn staff_unknown() -> Refusal {
    Refusal::not_found(
        "guide_staff_unknown",
        "There is no such member of staff among those you look after.",
        "您管理的成员中没有该成员。",
    )
}
pub fn text(field: &str, max: usize) -> Refusal {
    Refusal::invalid(
        "guide_text",
        format!("`{field}` has 1 to {max} characters."),
        format!("{field} 的长度为 1 到 {max} 个字符。"),
    )
    .field(field)
}
pub fn note_unknown() -> Refusal {
    Refusal::not_found("note_unknown", "There is no such note of yours.", "没有您写的这条备注。")
}
pub fn task_unknown() -> Refusal {
    Refusal::not_found("task_unknown", "There is no such task among yours.", "您的任务中没有该任务。")
}
pub fn task_over() -> Refusal {
    Refusal::conflict("task_over", "This task has been ended already.", "该任务已结束。")
}
pub fn task_kind(known: &[&str]) -> Refusal {
    Refusal::invalid(
        "task_kind",
        format!("`kind` is one of: {}.", known.join(", ")),
        format!("kind 可用：{}。", known.join("、")),
    )
    .field("kind")
}
pub fn task_about() -> Refusal {
    Refusal::invalid(
        "task_about",
        "A task is about a customer, or a group, or neither; not both.",
        "任务可关联一位客户或一个群，不能同时关联。",
    )
}
pub fn task_reason() -> Refusal {
    Refusal::invalid("task_reason", "Say why the task is skipped.", "请填写跳过任务的原因。").field("result")
}
pub fn stage_unknown() -> Refusal {
    Refusal::not_found("stage_unknown", "There is no such follow-up stage.", "没有该跟进阶段。").field("stage")
}
pub fn stages(max: usize) -> Refusal {
    Refusal::invalid(
        "stage_list",
        format!("There are 1 to {max} stages, each with a name of its own."),
        format!("跟进阶段为 1 到 {max} 个，名称不能重复。"),
    )
    .field("stages")
}
pub fn script_unknown() -> Refusal {
    Refusal::not_found("script_unknown", "There is no such script.", "没有该话术或素材。")
}
pub fn folder_unknown() -> Refusal {
    Refusal::not_found("folder_unknown", "There is no such folder of scripts.", "没有该话术分类。").field("folder")
}
pub fn folder_taken() -> Refusal {
    Refusal::conflict("folder_taken", "A folder of this name exists already.", "已有同名分类。").field("name")
}
pub fn folder_used() -> Refusal {
    Refusal::conflict(
        "folder_used",
        "The folder still holds scripts; move or delete them first.",
        "该分类下仍有话术，请先移动或删除。",
    )
}
pub fn script(field: &str, en: &str, zh: &str) -> Refusal {
    Refusal::invalid("script_body", en, zh).field(field)
}
pub fn variable(name: &str, known: &str) -> Refusal {
    Refusal::invalid(
        "script_variable",
        format!("There is no variable {{{name}}}; those known are {known}."),
        format!("没有变量 {{{name}}}，可用：{known}。"),
    )
    .field("text")
}
pub fn picture() -> Refusal {
    Refusal::invalid(
        "script_picture",
        "The picture is a JPG or PNG of at most 700 KB.",
        "图片须为 JPG 或 PNG，最大 700 KB。",
    )
    .field("image")
}
pub fn page_foreign() -> Refusal {
    Refusal::invalid(
        "guide_url",
        "Only pages under the address of the guides' pages are signed.",
        "只为导购页面地址下的网页签名。",
    )
    .field("url")
}
pub fn span() -> Refusal {
    Refusal::invalid("guide_span", "`days` is 1 to 90.", "days 的取值为 1 到 90。").field("days")
}
pub fn after() -> Refusal {
    Refusal::invalid(
        "page_token",
        "This page token is not one we gave out; start from the first page.",
        "分页标记无效，请从第一页重新开始。",
    )
    .field("after")
}
