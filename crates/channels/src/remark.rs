//! A remark from a template.

/// WeCom's limit.
const REMARK_MAX: usize = 20;
pub(crate) const VARIABLES: [&str; 4] = ["name", "channel", "staff", "date"];

/// What a template may speak of.
pub(crate) struct Words<'w> {
    pub name: &'w str,
    pub channel: &'w str,
    pub staff: &'w str,
    /// `2026-03-02 12:00:00` in the workspace's zone.
    pub at: &'w str,
}

/// Fills `{name}`, `{channel}`, `{staff}` and `{date}` (月日, four digits), and cuts to 20 characters. The customer's name gives way first: it is the part
/// that WeCom shows anyway.
pub(crate) fn filled(template: &str, words: &Words<'_>) -> String {
    let date: String = words.at.get(5..10).unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    let with = |name: &str| {
        let all = [("{name}", name), ("{channel}", words.channel), ("{staff}", words.staff), ("{date}", &date)];
        all.iter().fold(template.to_owned(), |text, (hole, value)| text.replace(hole, value))
    };
    let clean = |text: String| text.chars().filter(|c| !c.is_control()).collect::<String>().trim().to_owned();
    let rest = clean(with("")).chars().count();
    let holes = template.matches("{name}").count().max(1);
    let room = REMARK_MAX.saturating_sub(rest) / holes;
    let name: String = words.name.chars().take(room).collect();
    clean(with(&name)).chars().take(REMARK_MAX).collect()
}

/// The first hole that nobody knows how to fill.
pub(crate) fn unknown_hole(template: &str) -> Option<&str> {
    let holes = template.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(hole, _)| hole));
    holes.into_iter().find(|hole| !VARIABLES.contains(hole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled_and_fit() {
        let words = |name| Words { name, channel: "包裹卡", staff: "王芳", at: "2026-03-02 12:00:00" };
        for (template, name, want) in [
            ("{channel}-{name}", "小鱼", "包裹卡-小鱼"),
            ("{date}{channel}-{name}", "小鱼", "0302包裹卡-小鱼"),
            ("{name}({staff})", "一个名字特别特别特别特别特别长的客户昵称", "一个名字特别特别特别特别特别长的(王芳)"),
            (
                "{channel}{channel}{channel}{channel}{channel}{channel}{channel}",
                "小鱼",
                "包裹卡包裹卡包裹卡包裹卡包裹卡包裹卡包裹",
            ),
            ("新客", "小鱼", "新客"),
            ("{name}", "a\u{7}b", "ab"),
        ] {
            assert_eq!(filled(template, &words(name)), want, "{template}");
        }
        assert_eq!(unknown_hole("{name}{phone}"), Some("phone"));
        assert_eq!(unknown_hole("{name} {x"), None);
    }
}
