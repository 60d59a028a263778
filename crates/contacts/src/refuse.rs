//! What is refused, each with its code.

use siyu_kernel::{Class, Refusal};

pub fn not_connected() -> Refusal {
    Refusal::new(
        Class::Conflict,
        "wecom_not_connected",
        "No WeCom corporation is connected yet. Enter its credentials in the settings, or run `siyu wecom connect`.",
        "尚未连接企业微信。请在设置中填写企业凭证，或运行 siyu wecom connect。",
    )
}
pub fn field(name: &str, en: &str, zh: &str) -> Refusal {
    Refusal::invalid("wecom_connection_field", en, zh).field(name)
}
pub fn base() -> Refusal {
    Refusal::invalid(
        "wecom_base_address",
        "The API address must begin with https:// and be a host name with an optional port; http:// is allowed for this machine only.",
        "接口地址须以 https:// 开头，仅含主机名与可选端口；只有本机地址可用 http://。",
    )
    .field("base")
}
pub fn sync_running() -> Refusal {
    Refusal::conflict("wecom_sync_running", "A full sync is running already.", "全量同步正在进行。")
}
pub fn sync_unknown() -> Refusal {
    Refusal::not_found("wecom_sync_unknown", "There is no such sync.", "没有该同步任务。")
}
pub fn sync_over() -> Refusal {
    Refusal::conflict("wecom_sync_over", "This sync has ended already.", "该同步任务已结束。")
}
pub fn follow_unknown() -> Refusal {
    Refusal::not_found(
        "wecom_follow_unknown",
        "This customer and this member of staff are not friends in WeCom.",
        "该客户与该员工没有企业微信好友关系。",
    )
}
pub fn group_unknown() -> Refusal {
    Refusal::not_found("wecom_group_unknown", "There is no such customer group.", "没有该客户群。")
}
pub fn inbox_unknown() -> Refusal {
    Refusal::not_found("wecom_callback_unknown", "There is no such callback set aside.", "没有该条搁置的回调。")
}
pub fn remark(field: &str, en: &str, zh: &str) -> Refusal {
    Refusal::invalid("wecom_remark", en, zh).field(field)
}
pub fn callback_not_set() -> Refusal {
    Refusal::new(
        Class::NotFound,
        "wecom_callback_not_set",
        "No callback token and key are set, so callbacks cannot be checked.",
        "尚未设置回调 Token 与 EncodingAESKey，无法校验回调。",
    )
}
pub fn handover(field: &str, en: &str, zh: &str) -> Refusal {
    Refusal::invalid("handover_input", en, zh).field(field)
}
pub fn handover_empty() -> Refusal {
    Refusal::conflict(
        "handover_empty",
        "Nobody of these can be handed over now; the forecast says why.",
        "目前没有可以交接的客户或群，原因见预测。",
    )
}
pub fn handover_unknown() -> Refusal {
    Refusal::not_found("handover_unknown", "There is no such hand-over.", "没有该交接任务。")
}
pub fn handover_over() -> Refusal {
    Refusal::conflict(
        "handover_over",
        "Everything of this hand-over was sent already; what WeCom has taken cannot be called back.",
        "该交接已全部发出，企业微信已受理的无法撤回。",
    )
}
pub fn department_unknown() -> Refusal {
    Refusal::not_found("wecom_department_unknown", "There is no such department.", "没有该部门。")
}
pub fn department_store() -> Refusal {
    Refusal::invalid("wecom_department_store", "There is no such store.", "没有该门店。").field("store")
}
pub fn alert(field: &str, en: &str, zh: &str) -> Refusal {
    Refusal::invalid("wecom_alert_setting", en, zh).field(field)
}
