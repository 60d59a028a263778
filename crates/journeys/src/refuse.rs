//! What is refused, each with its code.

use siyu_kernel::Refusal;

pub fn json(path: &str, error: &serde_json::Error) -> Refusal {
    let path = if path == "." { "" } else { path };
    let en = format!("The journey cannot be read: {error}.");
    let zh = format!("无法读取旅程：{error}。");
    let refusal = Refusal::invalid("journey_json", en, zh);
    if path.is_empty() { refusal } else { refusal.field(path) }
}
pub fn format(found: u32) -> Refusal {
    Refusal::invalid(
        "journey_format",
        format!("Journeys of form {found} are not known here; this program writes form 1."),
        format!("不支持第 {found} 版格式的旅程；本程序使用第 1 版。"),
    )
    .field("format")
}
pub fn unknown() -> Refusal {
    Refusal::not_found("journey_unknown", "There is no such journey.", "没有该旅程。")
}
pub fn version_unknown() -> Refusal {
    Refusal::not_found("journey_version_unknown", "The journey has no such version.", "该旅程没有这个版本。")
}
pub fn changed() -> Refusal {
    Refusal::conflict(
        "journey_changed",
        "Somebody has changed this journey meanwhile. Load it again and repeat the change.",
        "旅程已被他人修改，请刷新后重试。",
    )
}
pub fn over() -> Refusal {
    Refusal::conflict("journey_over", "This journey has ended; make a copy of it.", "该旅程已结束，请另建一个。")
}
pub fn state() -> Refusal {
    Refusal::conflict(
        "journey_state",
        "This is not possible in the state that the journey is in.",
        "旅程当前状态不支持该操作。",
    )
}
pub fn name() -> Refusal {
    Refusal::invalid("journey_name", "A name has 1 to 100 characters.", "名称须为 1 至 100 个字符。").field("name")
}
pub fn many() -> Refusal {
    Refusal::conflict(
        "journey_limit",
        "A workspace has up to 500 journeys that have not ended; end those no longer used.",
        "未结束的旅程最多 500 个，请先结束不再使用的旅程。",
    )
}
pub fn large() -> Refusal {
    Refusal::invalid(
        "journey_size",
        "The text of a journey has up to 500,000 bytes.",
        "旅程内容不得超过 500,000 字节。",
    )
}
