//! The workbook's table of contents.

use std::collections::HashMap;

use quick_xml::events::Event;

use super::FORMAT;
use super::part::{Parts, attr, attr_text};
use super::strings::Strings;
use super::styles::Styles;
use crate::{FileError, Limits, Source};

#[derive(Debug, Clone)]
pub(crate) struct SheetEntry {
    pub name: String,
    pub part: String,
    pub hidden: bool,
}

pub(crate) struct Workbook {
    pub parts: Parts,
    pub sheets: Vec<SheetEntry>,
    pub styles: Styles,
    pub strings: Strings,
    pub date1904: bool,
}

const SHEETS_MAX: usize = 5_000;

impl Workbook {
    pub(crate) fn open(source: &Source, limits: &Limits) -> Result<Self, FileError> {
        let parts = Parts::open(source, limits)?;
        let main = main_part(&parts)?;
        if !parts.has(&main) {
            return Err(FileError::UnknownFormat {
                name: source.name().into(),
                seen: "a ZIP archive that is not an XLSX workbook",
            });
        }
        let links = relations(&parts, &main)?;
        let (sheets, date1904) = contents(&parts, &main, &links)?;
        let linked = |kind: &str| {
            let found = links.values().find(|l| l.kind.ends_with(kind));
            found.map(|l| l.target.clone()).filter(|t| parts.has(t))
        };
        let styles = linked("/styles").map_or(Ok(Styles::default()), |p| Styles::read(&parts, &p))?;
        let strings = linked("/sharedStrings")
            .map_or(Ok(Strings::default()), |p| Strings::read(&parts, &p, limits.cell_bytes_max))?;
        Ok(Workbook { parts, sheets, styles, strings, date1904 })
    }
}

struct Link {
    kind: String,
    target: String,
}

fn main_part(parts: &Parts) -> Result<String, FileError> {
    let default = "xl/workbook.xml".to_string();
    if parts.has(&default) || !parts.has("_rels/.rels") {
        return Ok(default);
    }
    let links = relations(parts, "")?;
    let office = links.into_values().find(|l| l.kind.ends_with("/officeDocument"));
    Ok(office.map_or(default, |l| l.target))
}

/// What a part refers to, by relation id.
fn relations(parts: &Parts, part: &str) -> Result<HashMap<String, Link>, FileError> {
    let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let rels = format!("{prefix}_rels/{file}.rels");
    let mut out = HashMap::new();
    if !parts.has(&rels) {
        return Ok(out);
    }
    let mut xml = parts.xml(&rels)?;
    loop {
        match xml.next()? {
            Event::Eof => return Ok(out),
            Event::Start(tag) | Event::Empty(tag)
                if tag.local_name().as_ref() == "Relationship" && out.len() < SHEETS_MAX =>
            {
                let (id, target) = (attr_text(&tag, "Id"), attr_text(&tag, "Target"));
                if let (Some(id), Some(target)) = (id, target) {
                    let kind = attr_text(&tag, "Type").unwrap_or_default();
                    let target = resolve(folder, &target);
                    out.insert(id, Link { kind, target });
                }
            }
            _ => {}
        }
    }
}

/// A target as a path from the archive's root.
fn resolve(folder: &str, target: &str) -> String {
    let full = match target.strip_prefix('/') {
        Some(rooted) => rooted.to_string(),
        None => format!("{folder}/{target}"),
    };
    let mut path: Vec<&str> = Vec::new();
    for step in full.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                path.pop();
            }
            step => path.push(step),
        }
    }
    path.join("/")
}

fn contents(parts: &Parts, main: &str, links: &HashMap<String, Link>) -> Result<(Vec<SheetEntry>, bool), FileError> {
    let (mut sheets, mut date1904) = (Vec::new(), false);
    let mut xml = parts.xml(main)?;
    loop {
        match xml.next()? {
            Event::Eof => break,
            Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                "workbookPr" => {
                    let flag = attr(&tag, "date1904");
                    date1904 = flag.is_some_and(|v| matches!(v.as_ref(), "1" | "true" | "on"));
                }
                "sheet" if sheets.len() < SHEETS_MAX => {
                    let id = attr_text(&tag, "id").unwrap_or_default();
                    // Chart sheets and macro sheets have no rows.
                    let link = links.get(&id).filter(|l| l.kind.ends_with("/worksheet"));
                    if let (Some(name), Some(link)) = (attr_text(&tag, "name"), link) {
                        sheets.push(SheetEntry {
                            name,
                            part: link.target.clone(),
                            hidden: attr(&tag, "state").is_some_and(|s| s != "visible"),
                        });
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }
    if sheets.is_empty() {
        return Err(FileError::damaged(FORMAT, "the workbook has no sheet"));
    }
    Ok((sheets, date1904))
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn targets_are_resolved_inside_the_archive() {
        assert_eq!(resolve("xl", "worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(resolve("xl", "/xl/styles.xml"), "xl/styles.xml");
        assert_eq!(resolve("xl", "../../../etc/x"), "etc/x");
    }
}
