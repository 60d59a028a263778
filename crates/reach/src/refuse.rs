//! What is refused, each with its code.

use siyu_kernel::{Class, Refusal};

pub fn content(field: impl Into<String>, en: impl Into<String>, zh: impl Into<String>) -> Refusal {
    Refusal::invalid("content_invalid", en, zh).field(field)
}
pub fn template(field: impl Into<String>, en: impl Into<String>, zh: impl Into<String>) -> Refusal {
    Refusal::invalid("content_template", en, zh).field(field)
}
pub fn variable(field: impl Into<String>, name: &str, near: &str) -> Refusal {
    Refusal::invalid(
        "content_variable",
        format!("There is no variable “{name}”. Did you mean {near}?"),
        format!("没有变量“{name}”，是否想用 {near}？"),
    )
    .field(field)
}
pub fn file(en: impl Into<String>, zh: impl Into<String>) -> Refusal {
    Refusal::invalid("reach_file", en, zh).field("file")
}
pub fn file_unknown() -> Refusal {
    Refusal::not_found("reach_file_unknown", "There is no such file (any more).", "没有该文件，可能已被删除。")
}
pub fn file_used() -> Refusal {
    Refusal::conflict(
        "reach_file_used",
        "This file is in use by a welcome, a message or a material.",
        "该文件正被欢迎语、群发或素材使用。",
    )
}
pub fn file_limit(max: i64) -> Refusal {
    Refusal::conflict(
        "reach_file_limit",
        format!("A workspace holds up to {max} files; delete those no longer used."),
        format!("最多保存 {max} 个文件，请先删除不再使用的。"),
    )
}
pub fn rule(field: &str, en: impl Into<String>, zh: impl Into<String>) -> Refusal {
    Refusal::invalid("welcome_rule", en, zh).field(field)
}
pub fn rule_unknown() -> Refusal {
    Refusal::not_found("welcome_unknown", "There is no such welcome (any more).", "没有该欢迎语，可能已被删除。")
}
pub fn rule_changed() -> Refusal {
    Refusal::conflict(
        "welcome_changed",
        "Somebody has changed this welcome meanwhile. Load it again and repeat the change.",
        "该欢迎语已被他人修改，请刷新后重试。",
    )
}
pub fn rule_limit(max: i64) -> Refusal {
    Refusal::conflict(
        "welcome_limit",
        format!("A workspace has up to {max} welcomes; delete those no longer used."),
        format!("最多 {max} 条欢迎语，请先删除不再使用的。"),
    )
}
pub fn order() -> Refusal {
    Refusal::new(
        Class::Invalid,
        "welcome_order",
        "The order names every welcome once.",
        "顺序须包含每条欢迎语，且各出现一次。",
    )
    .field("order")
}
pub fn message_name() -> Refusal {
    Refusal::invalid("message_name", "A name has 1 to 60 characters.", "名称须为 1 到 60 个字符。").field("name")
}
pub fn message_people(max: usize) -> Refusal {
    Refusal::invalid(
        "message_people",
        format!("A message is for 1 to {max} people."),
        format!("群发对象须为 1 到 {max} 人。"),
    )
    .field("people")
}
pub fn message_variable() -> Refusal {
    Refusal::invalid(
        "message_variable",
        "A mass message says the same to all customers of a member: use staff.name, store.name and brand.name only.",
        "群发对同一员工的客户内容相同，只能用 staff.name、store.name、brand.name 变量。",
    )
    .field("content.text")
}
pub fn nobody() -> Refusal {
    Refusal::conflict(
        "message_nobody",
        "None of these people is a friend of a member of staff now.",
        "这些客户目前都不是员工的好友，无法群发。",
    )
}
pub fn idempotency_reused() -> Refusal {
    Refusal::conflict(
        "idempotency_reused",
        "This Idempotency-Key was given with another kind of request before. Every new wish needs a key of its own.",
        "该 Idempotency-Key 已用于另一种请求，请为每次新的操作使用不同的值。",
    )
}
pub fn message_unknown() -> Refusal {
    Refusal::not_found("message_unknown", "There is no such message.", "没有该群发。")
}
pub fn message_over() -> Refusal {
    Refusal::conflict("message_over", "This message has ended already.", "该群发已结束。")
}
pub fn group_variable() -> Refusal {
    Refusal::invalid(
        "group_variable",
        "This says the same to everybody: brand.name is known everywhere, staff.name and store.name in messages to groups.",
        "内容对所有人相同：可用 brand.name；群发到群时还可用 staff.name、store.name。",
    )
    .field("content.text")
}
pub fn group_groups(max: usize) -> Refusal {
    Refusal::invalid(
        "group_message_groups",
        format!("A message is for 1 to {max} groups."),
        format!("请选择 1 到 {max} 个群。"),
    )
    .field("groups")
}
pub fn group_nobody() -> Refusal {
    let en = "None of these groups can be sent to now.";
    Refusal::conflict("group_message_nobody", en, "所选的群目前都无法群发，请查看跳过原因。")
}
pub fn group_welcome_unknown() -> Refusal {
    Refusal::not_found("group_welcome_unknown", "There is no such welcome for groups.", "没有该入群欢迎语。")
}
pub fn group_welcome_content() -> Refusal {
    Refusal::invalid(
        "group_welcome_content",
        "A welcome for groups has a text of up to 2,900 bytes and at most one attachment.",
        "入群欢迎语文字最多 2900 字节（约 960 个汉字），最多带 1 个附件。",
    )
    .field("content")
}
pub fn group_welcome_limit(max: i64) -> Refusal {
    let en = format!("WeCom keeps up to {max} welcomes for groups; delete one first.");
    Refusal::conflict("group_welcome_limit", en, format!("企业微信最多保存 {max} 条入群欢迎语，请先删除不用的。"))
}
pub fn group_welcome_sure() -> Refusal {
    let en = "Only one whose outcome is not known can be made once more.";
    Refusal::conflict("group_welcome_sure", en, "只有结果未知的欢迎语才能重新创建。")
}
pub fn moment(field: &'static str, en: &'static str, zh: &'static str) -> Refusal {
    Refusal::invalid("moment_content", en, zh).field(field)
}
pub fn moment_senders(max: usize) -> Refusal {
    Refusal::invalid(
        "moment_senders",
        format!("Name up to {max} members of staff who may have customers."),
        format!("请选择具备客户联系权限的在职员工，最多 {max} 人。"),
    )
    .field("senders")
}
pub fn moment_tag() -> Refusal {
    Refusal::invalid(
        "moment_tag",
        "Name up to 100 tags that WeCom has, too.",
        "只能选择已同步到企业微信的标签，最多 100 个。",
    )
    .field("tags")
}
pub fn moment_unknown() -> Refusal {
    Refusal::not_found("moment_unknown", "There is no such moment.", "没有该朋友圈任务。")
}
pub fn moment_over() -> Refusal {
    Refusal::conflict("moment_over", "This moment has ended already.", "该朋友圈任务已结束。")
}
pub fn broadcast(field: &str, en: impl Into<String>, zh: impl Into<String>) -> Refusal {
    Refusal::invalid("broadcast_invalid", en, zh).field(field)
}
pub fn broadcast_unknown() -> Refusal {
    Refusal::not_found("broadcast_unknown", "There is no such broadcast.", "没有该营销群发。")
}
pub fn broadcast_approval() -> Refusal {
    Refusal::conflict(
        "broadcast_approval",
        "This broadcast needs no approval (any more).",
        "该群发不需要审批，或已审批。",
    )
}
pub fn broadcast_own() -> Refusal {
    Refusal::forbidden(
        "broadcast_own",
        "Somebody else has to approve a broadcast of this size.",
        "超过规模的群发须由另一位同事审批。",
    )
}
pub fn rehearsal_receivers(most: usize) -> Refusal {
    let (en, zh) = (
        format!("A test send goes to 1 to {most} members of staff who are there."),
        format!("测试发送须选择 1 到 {most} 位在职员工。"),
    );
    Refusal::invalid("rehearsal_receivers", en, zh).field("receivers")
}
pub fn rehearsal_limit() -> Refusal {
    Refusal::new(
        siyu_kernel::Class::Busy,
        "rehearsal_limit",
        "In an hour there are 20 test sends by one person, and 10 to one member of staff. Try again later.",
        "每人每小时最多发起 20 次测试发送，每位员工每小时最多接收 10 次，请稍后再试。",
    )
}
pub fn message_care(field: &str) -> Refusal {
    Refusal::invalid(
        "message_care",
        "A task is attended to 1 to 720 hours after it was made.",
        "时长须为任务创建后 1 到 720 小时。",
    )
    .field(field)
}
pub fn message_task_unknown() -> Refusal {
    Refusal::not_found("message_task_unknown", "This message has no such task.", "该群发没有这个任务。")
}
pub fn message_task_state() -> Refusal {
    Refusal::conflict(
        "message_task_state",
        "Only a task that waits for its member can be taken back.",
        "只有等待员工确认的任务才能收回转派。",
    )
}
pub fn message_task_alone() -> Refusal {
    Refusal::conflict(
        "message_task_alone",
        "Nobody of this task has another friend among staff who has not been asked yet.",
        "该任务的客户没有其他可联系的员工好友。",
    )
}
pub fn broadcast_test() -> Refusal {
    Refusal::conflict(
        "broadcast_test",
        "This broadcast has no test that waits for a winner.",
        "该群发没有等待选出优胜内容的测试。",
    )
}
pub fn broadcast_unapproved() -> Refusal {
    Refusal::conflict(
        "broadcast_unapproved",
        "This broadcast has to be approved before it goes on.",
        "该群发须先通过审批才能继续。",
    )
}
pub fn material(field: &str, en: impl Into<String>, zh: impl Into<String>) -> Refusal {
    Refusal::invalid("material_invalid", en, zh).field(field)
}
pub fn material_unknown() -> Refusal {
    Refusal::not_found("material_unknown", "There is no such material.", "没有该素材。")
}
pub fn material_version_unknown() -> Refusal {
    Refusal::not_found("material_version_unknown", "This material has no such version.", "该素材没有这个版本。")
}
pub fn material_changed() -> Refusal {
    Refusal::conflict(
        "material_changed",
        "Somebody has written another version of this material meanwhile. Load it again and repeat the change.",
        "该素材已有更新的版本，请刷新后重试。",
    )
}
pub fn material_limit(max: i64) -> Refusal {
    Refusal::conflict(
        "material_limit",
        format!("There may be up to {max}: 10,000 materials, and 1,000 versions of each."),
        format!("已达上限 {max}：素材最多 10000 个，每个最多 1000 个版本。"),
    )
}
pub fn material_state_unknown() -> Refusal {
    Refusal::invalid(
        "material_state",
        "A state is draft, review, approved, rejected or retired.",
        "状态为 draft、review、approved、rejected 或 retired。",
    )
    .field("state")
}
pub fn material_step() -> Refusal {
    Refusal::conflict(
        "material_step",
        "Drafts are put forward, and what was put forward is approved or rejected: this material does not stand there (any more).",
        "草稿可提交审批，待审批的可通过或驳回；该素材目前不处于对应状态。",
    )
}
pub fn material_own() -> Refusal {
    Refusal::forbidden(
        "material_own",
        "Somebody else than who wrote it has to approve a material.",
        "素材须由撰写人以外的同事审批。",
    )
}
pub fn material_unapproved() -> Refusal {
    Refusal::conflict(
        "material_unapproved",
        "No version of this material is approved, or it is retired.",
        "该素材没有已通过审批的版本，或已停用。",
    )
}
pub fn material_pages(most: usize) -> Refusal {
    Refusal::invalid(
        "material_pages",
        format!("Up to {most} host names such as shop.example.com, without https:// and without a path."),
        format!("最多 {most} 个域名，如 shop.example.com，不含 https:// 与路径。"),
    )
    .field("hosts")
}
pub fn kit(field: &str, en: impl Into<String>, zh: impl Into<String>) -> Refusal {
    Refusal::invalid("kit_invalid", en, zh).field(field)
}
pub fn kit_unknown() -> Refusal {
    Refusal::not_found("kit_unknown", "There is no such kit (any more).", "没有该素材包，可能已被删除。")
}
pub fn kit_changed() -> Refusal {
    Refusal::conflict(
        "kit_changed",
        "Somebody has changed this kit meanwhile. Load it again and repeat the change.",
        "该素材包已被他人修改，请刷新后重试。",
    )
}
pub fn kit_limit(max: i64) -> Refusal {
    Refusal::conflict("kit_limit", format!("A day has up to {max} kits."), format!("每天最多 {max} 个素材包。"))
}
