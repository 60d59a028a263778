//! Boards: saved questions, side by side. Everybody who may ask sees them; the numbers on them are those of whoever looks.

use crate::error::Answer;
use crate::gate::{BoardsWrite, PeopleRead};
use crate::people_reader::{note, write};
use crate::{App, At, Body, Created, Endpoints, Items, May, NoContent, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use siyu_insight::{BoardIn, BoardRow};
use siyu_kernel::{Refusal, Time, new_id};
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(list, add, get, change, delete)
}

#[derive(Serialize, ToSchema)]
struct BoardOut {
    id: String,
    name: String,
    items: Vec<BoardItemOut>,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Time,
    /// Give it back with a change.
    version: i64,
}

#[derive(Serialize, ToSchema)]
struct BoardItemOut {
    id: String,
    title: String,
    /// An analysis: funnel, retention …
    kind: &'static str,
    #[schema(value_type = Object)]
    spec: Value,
    /// 1 or 2.
    width: u8,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BoardNew {
    name: String,
    /// `[{id?, title, kind, spec, width?}]`, at most 50.
    #[serde(default = "none")]
    #[schema(value_type = Vec<Object>)]
    items: Value,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BoardChange {
    name: String,
    /// `[{id?, title, kind, spec, width?}]`, at most 50.
    #[schema(value_type = Vec<Object>)]
    items: Value,
    /// Of the board that was changed.
    version: i64,
}

fn none() -> Value {
    json!([])
}

fn out(row: BoardRow) -> BoardOut {
    let items = row.items.into_iter().map(|item| BoardItemOut {
        id: item.id,
        title: item.title,
        kind: item.kind,
        spec: item.spec,
        width: item.width,
    });
    BoardOut { id: row.id, name: row.name, items: items.collect(), updated_at: row.updated_at, version: row.version }
}

fn parsed(app: &App, name: &str, items: &Value) -> Result<BoardIn, Refusal> {
    BoardIn::parse(name, items, || new_id("bit", app.now(), &app.chance))
}

/// Lists boards by name.
///
/// 看板列表。
#[utoipa::path(get, path = "/boards", tag = "Boards", responses((status = 200, body = Items<BoardOut>)))]
async fn list(may: May<PeopleRead>, State(app): State<App>) -> Answer<Json<Items<BoardOut>>> {
    let _ = may;
    let rows = app.run(|app| app.db.read(siyu_insight::boards)).await?;
    Ok(Json(Items::all(rows.into_iter().map(out).collect())))
}

/// Shows a board.
///
/// 查看看板。
///
/// Errors: `board_unknown`.
#[utoipa::path(get, path = "/boards/{id}", tag = "Boards", params(("id" = String, Path)), responses((status = 200, body = BoardOut)))]
async fn get(may: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<BoardOut>> {
    let _ = may;
    let row = app.run(move |app| app.db.read(|tx| siyu_insight::find_board(tx, &id))).await?;
    Ok(Json(out(row)))
}

/// Makes a board.
///
/// 新建看板。
///
/// Errors: `board_name`, `board_items`, `board_too_many`, and those of each item's spec under `items[i].spec`.
#[utoipa::path(post, path = "/boards", tag = "Boards", request_body = BoardNew, responses((status = 201, body = BoardOut)))]
async fn add(may: May<BoardsWrite>, State(app): State<App>, Body(input): Body<BoardNew>) -> Answer<Created<BoardOut>> {
    let caller = may.caller;
    let row = app.run(move |app| {
        let board = parsed(app, &input.name, &input.items)?;
        write(app, move |app, tx| {
            let row = siyu_insight::create_board(tx, &board, &app.chance, app.now())?;
            note(app, tx, &caller, "board.add", &row.id, &json!({ "name": row.name }))?;
            Ok(row)
        })
    });
    Ok(Created(out(row.await?)))
}

/// Changes a board as a whole.
///
/// 修改看板（整体提交）。
///
/// Errors: `board_unknown`, `board_changed` when somebody else has changed it since `version`, and those of making one.
#[utoipa::path(put, path = "/boards/{id}", tag = "Boards", params(("id" = String, Path)), request_body = BoardChange, responses((status = 200, body = BoardOut)))]
async fn change(
    may: May<BoardsWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<BoardChange>,
) -> Answer<Json<BoardOut>> {
    let caller = may.caller;
    let row = app.run(move |app| {
        let board = parsed(app, &input.name, &input.items)?;
        write(app, move |app, tx| {
            let row = siyu_insight::change_board(tx, &id, &board, input.version, app.now())?;
            note(app, tx, &caller, "board.change", &row.id, &json!({ "name": row.name, "version": row.version }))?;
            Ok(row)
        })
    });
    Ok(Json(out(row.await?)))
}

/// Deletes a board.
///
/// 删除看板。
///
/// Errors: `board_unknown`.
#[utoipa::path(delete, path = "/boards/{id}", tag = "Boards", params(("id" = String, Path)), responses((status = 204)))]
async fn delete(may: May<BoardsWrite>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            siyu_insight::delete_board(tx, &id)?;
            note(app, tx, &caller, "board.delete", &id, &json!({}))
        })
    });
    done.await?;
    Ok(NoContent)
}
