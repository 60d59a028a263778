//! A small tree from hostile XML: no document types, no entities but the five of XML itself, bounded in size, depth and number.

use super::error::CallbackError;
use quick_xml::Reader;
use quick_xml::events::Event;

/// A text event is below 10 KB; a group change of 500 members below 50 KB.
pub const BYTES_MAX: usize = 1 << 20;
const DEPTH_MAX: usize = 16;
const ELEMENTS_MAX: usize = 20_000;

/// An element: its name, its own text (trimmed) and its children in the order of the document. Attributes are not read: events have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }
    /// The text of a child; empty when it is not there.
    pub fn get(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| &child.text)
    }
    /// The text of a child, when it is there and not empty.
    pub fn some(&self, name: &str) -> Option<String> {
        Some(self.get(name)).filter(|text| !text.is_empty()).map(str::to_owned)
    }
    pub fn number(&self, name: &str) -> Option<i64> {
        self.get(name).parse().ok()
    }
    pub fn decimal(&self, name: &str) -> Option<f64> {
        self.get(name).parse().ok().filter(|number: &f64| number.is_finite())
    }
    /// The texts of all children of a child: `<List><Item>a</Item><Item>b</Item></List>`.
    pub fn items(&self, list: &str) -> Vec<String> {
        self.child(list).map_or_else(Vec::new, |list| list.children.iter().map(|item| item.text.clone()).collect())
    }
}

/// Reads one document.
pub fn read(bytes: &[u8]) -> Result<Element, CallbackError> {
    if bytes.len() > BYTES_MAX {
        return Err(CallbackError::TooLarge(bytes.len()));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| not_xml("not UTF-8"))?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut elements = 0;
    loop {
        match reader.read_event().map_err(not_xml)? {
            Event::Start(tag) => {
                elements += 1;
                if open.len() >= DEPTH_MAX {
                    return Err(CallbackError::TooDeep);
                }
                if elements > ELEMENTS_MAX {
                    return Err(CallbackError::TooMany);
                }
                if root.is_some() {
                    return Err(not_xml("a second document"));
                }
                open.push(named(tag.name().as_ref()));
            }
            Event::Empty(tag) => {
                elements += 1;
                if elements > ELEMENTS_MAX {
                    return Err(CallbackError::TooMany);
                }
                close(named(tag.name().as_ref()), &mut open, &mut root)?;
            }
            Event::End(_) => {
                let element = open.pop().ok_or_else(|| not_xml("an end without a start"))?;
                close(element, &mut open, &mut root)?;
            }
            Event::Text(text) => add(&text.xml10_content(), &mut open)?,
            Event::CData(text) => add(&text.xml10_content(), &mut open)?,
            Event::GeneralRef(entity) => {
                let mut buffer = [0; 4];
                let text = match entity.resolve_char_ref().map_err(not_xml)? {
                    Some(character) => character.encode_utf8(&mut buffer),
                    None => {
                        quick_xml::escape::resolve_predefined_entity(&entity).ok_or(CallbackError::ForeignEntity)?
                    }
                };
                add(text, &mut open)?;
            }
            Event::DocType(_) => return Err(CallbackError::ForeignEntity),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    match (root, open.is_empty()) {
        (Some(root), true) => Ok(root),
        _ => Err(not_xml("it ends too early")),
    }
}

fn named(name: &str) -> Element {
    Element { name: name.to_owned(), ..Element::default() }
}

fn close(mut element: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), CallbackError> {
    let trimmed = element.text.trim();
    if trimmed.len() != element.text.len() {
        element.text = trimmed.to_owned();
    }
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None if root.is_none() => *root = Some(element),
        None => return Err(not_xml("a second document")),
    }
    Ok(())
}

fn add(text: &str, open: &mut [Element]) -> Result<(), CallbackError> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(not_xml("text outside")),
    }
    Ok(())
}

fn not_xml(why: impl ToString) -> CallbackError {
    CallbackError::NotXml(why.to_string().chars().take(120).collect())
}

/// Appends `<name><![CDATA[text]]></name>`, whatever the text contains.
pub fn write(out: &mut String, name: &str, text: &str) {
    let safe: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t' | '\r')).collect();
    out.push_str(&format!("<{name}><![CDATA[{}]]></{name}>", safe.replace("]]>", "]]]]><![CDATA[>")));
}
