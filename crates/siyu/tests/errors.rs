//! docs/errors.md lists every code the program can answer with, and no other; a code has one spelling.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

/// One part of a source text, as far as codes are concerned.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Mark(char),
}

use Token::{Mark, Text, Word};

/// Words, string literals and marks of a source text, without comments and without the tests at its end.
fn tokens(source: &str) -> Vec<Token> {
    let test = |(at, mark): (usize, &str)| source[at + mark.len()..].trim_start().starts_with("mod ").then_some(at);
    let source = &source[..source.match_indices("#[cfg(test)]").find_map(test).unwrap_or(source.len())];
    let chars: Vec<char> = source.chars().collect();
    let (mut at, mut out) = (0, Vec::new());
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    while let Some(&c) = chars.get(at) {
        let next = chars.get(at + 1).copied();
        let from = at;
        at += 1;
        match c {
            '/' if next == Some('/') => at += chars[at..].iter().take_while(|c| **c != '\n').count(),
            '"' => {
                while chars.get(at).is_some_and(|c| *c != '"') {
                    at += if chars[at] == '\\' { 2 } else { 1 };
                }
                at += 1;
                out.push(Text(chars[from + 1..(at - 1).min(chars.len())].iter().collect()));
            }
            // A character, not a lifetime.
            '\'' if next == Some('\\') => {
                at += 2 + chars[at + 2..].iter().take_while(|c| **c != '\'').count() + 1;
            }
            '\'' if chars.get(at + 1) == Some(&'\'') => at += 2,
            'r' if next == Some('#') && chars.get(at + 1) == Some(&'"') => {
                at += 2;
                while at < chars.len() && !(chars[at] == '"' && chars.get(at + 1) == Some(&'#')) {
                    at += 1;
                }
                at += 2;
            }
            c if is_word(c) => {
                at += chars[at..].iter().take_while(|c| is_word(**c)).count();
                out.push(Word(chars[from..at].iter().collect()));
            }
            c if c.is_whitespace() => {}
            c => out.push(Mark(c)),
        }
    }
    out
}

fn is_code(text: &str) -> bool {
    text.len() > 2
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// The arguments behind an opening parenthesis, or the fields behind a brace, each as its tokens.
fn parts(tokens: &[Token]) -> Vec<&[Token]> {
    let (mut depth, mut from, mut out) = (0, 0, Vec::new());
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Mark('(' | '[' | '{') => depth += 1,
            Mark(')' | ']' | '}') if depth == 0 => {
                out.push(&tokens[from..at]);
                return out;
            }
            Mark(')' | ']' | '}') => depth -= 1,
            Mark(',') if depth == 0 => {
                out.push(&tokens[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    out
}

fn has(tokens: &[Token], words: &[&str]) -> bool {
    tokens.windows(words.len()).any(|some| some.iter().zip(words).all(|(token, word)| *token == Word((*word).into())))
}

/// A function that takes a code.
#[derive(Clone, Debug, PartialEq)]
struct Taker {
    name: String,
    /// Which of the arguments it is; a method's `self` is none.
    place: usize,
    is_method: bool,
}

fn takers(tokens: &[Token]) -> Vec<Taker> {
    let mut out = Vec::new();
    for at in 0..tokens.len().saturating_sub(2) {
        let (Word(word), Word(name)) = (&tokens[at], &tokens[at + 1]) else { continue };
        let open = tokens[at..].iter().take(40).position(|token| *token == Mark('('));
        let (true, Some(open)) = (word == "fn", open) else { continue };
        let list = parts(&tokens[at + open + 1..]);
        let own = list.first().is_some_and(|first| has(first, &["self"]));
        let place = list.iter().position(|part| part.first() == Some(&Word("code".into())) && has(part, &["str"]));
        if let Some(place) = place {
            out.push(Taker { name: name.clone(), place: place - usize::from(own), is_method: own });
        }
    }
    out
}

/// Codes that a text names where a code is expected.
fn codes(tokens: &[Token], takers: &[Taker]) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut add = |tokens: &[Token]| {
        if let [Text(text)] = tokens
            && is_code(text)
        {
            out.insert(text.clone());
        }
    };
    for at in 1..tokens.len().saturating_sub(2) {
        let Word(word) = &tokens[at] else { continue };
        match tokens[at + 1] {
            Mark('(') => {
                let list = parts(&tokens[at + 2..]);
                let is_method = tokens[at - 1] == Mark('.');
                takers.iter().filter(|taker| taker.name == *word && taker.is_method == is_method).for_each(|taker| {
                    list.get(taker.place).into_iter().for_each(|part| add(part));
                });
            }
            // A field of that name.
            Mark(':') if word == "code" => add(&tokens[at + 2..at + 3]),
            _ => {}
        }
        // Lists of codes: `fn code(&self) -> &'static str { match self { … => "…" } }`
        if word == "code" && tokens[at - 1] == Word("fn".into()) {
            let body = tokens[at..].iter().position(|token| *token == Mark('{'));
            for part in body.map(|open| parts(&tokens[at + open + 1..])).unwrap_or_default() {
                part.iter().for_each(|token| add(std::slice::from_ref(token)));
            }
        }
    }
    out
}

/// Sources of the program: (crate, file, tokens).
fn sources() -> Vec<(PathBuf, PathBuf, Vec<Token>)> {
    fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder of the repository").flatten() {
            let path = entry.path();
            match path.is_dir() {
                true if ["tests", "target", "examples"].iter().any(|name| path.ends_with(name)) => {}
                true => walk(&path, out),
                false if path.extension().is_some_and(|ending| ending == "rs") => out.push(path),
                false => {}
            }
        }
    }
    let mut files = Vec::new();
    walk(&root().join("crates"), &mut files);
    let read = |path: PathBuf| {
        let home = path.ancestors().find(|folder| folder.join("Cargo.toml").exists()).expect("a crate").to_owned();
        let tokens = tokens(&fs::read_to_string(&path).expect("a text"));
        (home, path, tokens)
    };
    // The simulated WeCom answers with WeCom's codes.
    let others = |home: &Path| home.ends_with("testkit") || home.ends_with("sandbox");
    files.into_iter().map(read).filter(|(home, ..)| !others(home)).collect()
}

/// Codes the sources name, and where.
fn used() -> BTreeMap<String, PathBuf> {
    let sources = sources();
    let kernel = root().join("crates/kernel");
    let of = |wanted: &Path| -> Vec<Taker> {
        sources.iter().filter(|(home, ..)| home == wanted).flat_map(|(_, _, tokens)| takers(tokens)).collect()
    };
    let everywhere = of(&kernel);
    for (name, place) in [("invalid", 0), ("new", 1)] {
        assert!(everywhere.contains(&Taker { name: name.into(), place, is_method: false }), "{everywhere:?}");
    }
    let mut out = BTreeMap::new();
    for (home, path, tokens) in &sources {
        let takers = [everywhere.clone(), of(home)].concat();
        codes(tokens, &takers).into_iter().for_each(|code| drop(out.insert(code, path.clone())));
    }
    out
}

fn listed() -> Vec<String> {
    let text = fs::read_to_string(root().join("docs/errors.md")).expect("docs/errors.md");
    let code = |line: &str| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned());
    text.lines().filter_map(code).collect()
}

#[test]
fn the_document_lists_every_code() {
    let listed: BTreeSet<String> = listed().into_iter().collect();
    let missing: Vec<_> = used().into_iter().filter(|(code, _)| !listed.contains(code)).collect();
    assert!(missing.is_empty(), "docs/errors.md does not list {missing:#?}");
}

#[test]
fn the_document_lists_no_code_that_is_gone() {
    let known: BTreeSet<String> = sources()
        .into_iter()
        .flat_map(|(.., tokens)| tokens)
        .filter_map(|token| match token {
            Text(text) => Some(text),
            _ => None,
        })
        .collect();
    let gone: Vec<_> = listed().into_iter().filter(|code| !known.contains(code)).collect();
    assert!(gone.is_empty(), "docs/errors.md lists {gone:?}, which nothing answers with");
}

/// `currency_invalid` and `invalid_currency` would be one error for people and two for programs.
#[test]
fn no_code_is_spelt_twice() {
    let mut seen = BTreeMap::<Vec<String>, BTreeSet<String>>::new();
    for code in used().into_keys().chain(listed()) {
        let mut words: Vec<String> = code.split('_').map(str::to_owned).collect();
        words.sort();
        seen.entry(words).or_default().insert(code);
    }
    let twice: Vec<_> = seen.into_values().filter(|codes| codes.len() > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[test]
fn codes_are_found_where_they_stand() {
    let text = r#"
        pub fn wrong(code: &'static str, why: &str) -> Refusal { Refusal::new(Class::Invalid, code, why, "x") }
        fn f(c: char) -> Refusal {
            // Refusal::invalid("in_a_comment", "", "");
            if c == '"' { return Refusal::invalid("one_way", format!("a, {c}"), "b"); }
            reader.wrong("nor_this", "a method of the same name");
            wrong("another_way", "not_this")
        }
        impl E { fn code(&self) -> &'static str { match self { Self::A => "from_a_list", Self::B => "second_of_it" } } }
        const C: Count = Count { low: 1, code: "in_a_field" };
        #[cfg(test)]
        mod tests { fn t() { Refusal::invalid("of_a_test", "", ""); } }
    "#;
    let tokens = tokens(text);
    let known = |name: &str, place| Taker { name: name.into(), place, is_method: false };
    let takers = [takers(&tokens), vec![known("invalid", 0), known("new", 1)]].concat();
    let found: Vec<String> = codes(&tokens, &takers).into_iter().collect();
    assert_eq!(found, ["another_way", "from_a_list", "in_a_field", "one_way", "second_of_it"]);
}
