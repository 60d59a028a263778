//! Column names as callers see them: trimmed, never empty, never twice.

use std::collections::HashSet;

/// Gives every raw header a unique name. `""` at place 3 becomes `column_3`; a second `a` becomes `a (2)`.
pub(crate) fn unique<'a>(raw: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut taken = HashSet::new();
    let mut out = Vec::new();
    for (i, name) in raw.into_iter().enumerate() {
        let name = free_name(tidy(name), i + 1, &taken);
        taken.insert(name.clone());
        out.push(name);
    }
    out
}

fn free_name(name: String, place: usize, taken: &HashSet<String>) -> String {
    let name = if name.is_empty() { format!("column_{place}") } else { name };
    if !taken.contains(&name) {
        return name;
    }
    // Two to the number of taken names plus two: one of them must be free.
    (2..=taken.len() + 2).map(|n| format!("{name} ({n})")).find(|candidate| !taken.contains(candidate)).unwrap_or(name)
}

/// Trims, drops byte-order marks and zero-width characters, and puts line breaks inside a header on one line.
fn tidy(name: &str) -> String {
    let kept: String = name
        .chars()
        .filter(|c| !matches!(c, '\u{feff}' | '\u{200b}' | '\u{200c}' | '\u{200d}'))
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    kept.trim().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_filled_and_unique() {
        let got = unique([" a ", "", "a", "a (2)", "a", "\u{feff}手机\n号"]);
        assert_eq!(got, ["a", "column_2", "a (2)", "a (2) (2)", "a (3)", "手机 号"]);
    }
}
