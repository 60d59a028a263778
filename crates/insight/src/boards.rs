//! Boards: saved questions, side by side.

use crate::read::{At, Count, join};
use crate::refuse::under;
use crate::{Kind, Spec, refuse};
use serde::Serialize;
use serde_json::Value;
use siyu_db::{DbError, RowRef, Tx, params};
use siyu_kernel::{Chance, Refusal, Time, new_id};

const ITEMS_MAX: usize = 50;
const NAME_CHARS_MAX: usize = 80;
pub const BOARDS_MAX: i64 = 500;

#[derive(Clone, Debug, PartialEq)]
pub struct BoardRow {
    pub id: String,
    pub name: String,
    pub items: Vec<BoardItem>,
    pub version: i64,
    pub updated_at: Time,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BoardItem {
    pub id: String,
    pub title: String,
    pub kind: &'static str,
    /// As it was written.
    pub spec: Value,
    /// Columns of two.
    pub width: u8,
}

/// What a board shall be, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct BoardIn {
    name: String,
    items: Vec<BoardItem>,
}

impl BoardIn {
    /// `fresh` names items that come without an id.
    ///
    /// Errors, each with its place: `board_name`, `board_items`, those of shape, and those of each item's spec under `items[i].spec`.
    pub fn parse(name: &str, items: &Value, mut fresh: impl FnMut() -> String) -> Result<Self, Refusal> {
        let name = named(name, "name")?;
        let at = At { value: items, place: "items".to_owned() };
        let mut out: Vec<BoardItem> = Vec::new();
        for item in at.list(Count::of(0, ITEMS_MAX).code("board_items"))? {
            let own = self::item(&item, &mut fresh)?;
            if out.iter().any(|other| other.id == own.id) {
                let en = "Each item of a board has an id of its own.";
                return Err(refuse::at("board_items", &join(&item.place, "id"), en, "看板中每一项的 id 须唯一。"));
            }
            out.push(own);
        }
        Ok(Self { name, items: out })
    }
}

fn item(at: &At<'_>, fresh: &mut impl FnMut() -> String) -> Result<BoardItem, Refusal> {
    let object = at.object(&["id", "title", "kind", "spec", "width"])?;
    let kind = object.need("kind")?;
    let kind = Kind::parse(kind.text()?)
        .map_err(|refusal| Refusal::invalid(refusal.code, refusal.en, refusal.zh).field(&kind.place))?;
    let spec = object.need("spec")?;
    Spec::parse(kind, spec.value).map_err(|refusal| under(&spec.place, refusal))?;
    let title = object.need("title")?;
    Ok(BoardItem {
        id: object.map("id", |at| at.text().map(str::to_owned))?.unwrap_or_else(fresh),
        title: named(title.value.as_str().unwrap_or_default(), &title.place)?,
        kind: kind.name(),
        spec: spec.value.clone(),
        width: object.int_or("width", 1, 2, 1)? as u8,
    })
}

fn named(text: &str, place: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if (1..=NAME_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    let en = "A name has 1 to 80 characters.";
    Err(refuse::at("board_name", place, en, "名称须为 1 到 80 个字符。"))
}

fn unknown() -> Refusal {
    Refusal::not_found("board_unknown", "No board has this id.", "没有找到该看板。")
}
fn changed() -> Refusal {
    Refusal::conflict(
        "board_changed",
        "Somebody has changed this board meanwhile. Load it again and repeat the change.",
        "看板已被他人修改，请重新载入后再改。",
    )
}

fn row(row: RowRef<'_>) -> Result<(String, String, String, i64, Time), DbError> {
    Ok((row.text(0)?, row.text(1)?, row.text(2)?, row.int(3)?, row.time(4)?))
}

type Stored = (String, String, String, i64, Time);

fn board((id, name, items, version, updated_at): Stored) -> Result<BoardRow, Refusal> {
    let items: Vec<Value> = serde_json::from_str(&items).map_err(Refusal::internal)?;
    let item = |item: &Value| {
        let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
        Some(BoardItem {
            id: text("id"),
            title: text("title"),
            kind: Kind::parse(item["kind"].as_str()?).ok()?.name(),
            spec: item["spec"].clone(),
            width: if item["width"] == 2 { 2 } else { 1 },
        })
    };
    Ok(BoardRow { id, name, items: items.iter().filter_map(item).collect(), version, updated_at })
}

const COLUMNS: &str = "id, name, items, version, updated_at";

/// The name of a board with a question that names this audience.
pub fn board_naming(tx: &mut Tx<'_>, audience: &str) -> Result<Option<String>, Refusal> {
    let named = |board: &BoardRow| board.items.iter().any(|item| says(&item.spec, audience));
    Ok(boards(tx)?.into_iter().find(named).map(|board| board.name))
}
/// Ids occur nowhere but where somebody means them.
fn says(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) => text == id,
        Value::Array(items) => items.iter().any(|item| says(item, id)),
        Value::Object(map) => map.values().any(|own| says(own, id)),
        _ => false,
    }
}

/// By name.
pub fn boards(tx: &mut Tx<'_>) -> Result<Vec<BoardRow>, Refusal> {
    let sql = format!("SELECT {COLUMNS} FROM board ORDER BY name, id LIMIT $1");
    tx.query(&sql, params![BOARDS_MAX], row)?.into_iter().map(board).collect()
}
/// Errors: `board_unknown`.
pub fn find_board(tx: &mut Tx<'_>, id: &str) -> Result<BoardRow, Refusal> {
    let sql = format!("SELECT {COLUMNS} FROM board WHERE id = $1");
    board(tx.opt(&sql, params![id], row)?.ok_or_else(unknown)?)
}
/// Errors: `board_too_many`.
pub fn create_board(tx: &mut Tx<'_>, input: &BoardIn, chance: &Chance, now: Time) -> Result<BoardRow, Refusal> {
    if tx.one("SELECT COUNT(*) FROM board", params![], |row| row.int(0))? >= BOARDS_MAX {
        let en = format!("A workspace has up to {BOARDS_MAX} boards.");
        return Err(Refusal::conflict("board_too_many", en, format!("最多可建 {BOARDS_MAX} 个看板。")));
    }
    let id = new_id("brd", now, chance);
    let items = serde_json::to_string(&input.items).map_err(Refusal::internal)?;
    let sql = "INSERT INTO board (id, name, items, version, created_at, updated_at) VALUES ($1, $2, $3, 1, $4, $4)";
    tx.execute(sql, params![&id, &input.name, &items, now])?;
    find_board(tx, &id)
}
/// `version`: of the board that was changed. Errors: `board_unknown`, `board_changed`.
pub fn change_board(tx: &mut Tx<'_>, id: &str, input: &BoardIn, version: i64, now: Time) -> Result<BoardRow, Refusal> {
    let items = serde_json::to_string(&input.items).map_err(Refusal::internal)?;
    let sql =
        "UPDATE board SET name = $3, items = $4, version = version + 1, updated_at = $5 WHERE id = $1 AND version = $2";
    let done = tx.execute(sql, params![id, version, &input.name, &items, now])?;
    let own = find_board(tx, id)?;
    if done == 0 { Err(changed()) } else { Ok(own) }
}
/// Errors: `board_unknown`.
pub fn delete_board(tx: &mut Tx<'_>, id: &str) -> Result<(), Refusal> {
    match tx.execute("DELETE FROM board WHERE id = $1", params![id])? {
        0 => Err(unknown()),
        _ => Ok(()),
    }
}
