//! Questions about what people did, and boards of them.
//!
//! Nouns: **kind** – one sort of question (funnel, retention …); **spec** – a question of a kind as people write it ([`Spec`], JSON); **frame** –
//! what all specs share: span, among whom, split by what, beside the period before; **cell** – one number of a result, which can be opened to
//! the people behind it; **board** – saved questions, side by side.
//!
//! Invariants
//! - Every number comes from one kernel of `siyu-behaviour`, or from the books; there is no second definition here.
//! - A reader limited to some stores gets numbers of the people of these stores only.
//! - The people of a cell are as many as the cell says, when both were asked of the same moment.
//!
//! This crate knows no HTTP.

mod assets;
mod boards;
mod calendar;
mod cell;
mod defaults;
mod life;
mod question;
mod read;
mod refuse;
mod run;
mod sheet;
pub mod spec;
mod traits;
mod whom;

pub use assets::MEDIA;
pub use boards::{
    BOARDS_MAX, BoardIn, BoardItem, BoardRow, boards, change_board, create_board, delete_board, find_board,
};
pub use calendar::{parse_day, show_day};
pub use cell::{AARRR, Active, Cell, Group, Living, NodeWhich, STAGES, TIERS, Touch};
pub use defaults::{Seen, SeenEvent, SeenProperty, defaults};
pub use life::Life;
pub use question::Question;
pub use refuse::under;
pub use run::Scene;
pub use sheet::{Sheet, SheetCell, sheets};
pub use spec::{Ask, Kind, Spec};

use siyu_audience::{Audience, Ctx, Scope};
use siyu_db::{Migration, Tx, params};
use siyu_kernel::Refusal;
use siyu_people::People;
use std::sync::Arc;

pub const MIGRATIONS: &[Migration] =
    &[Migration { id: "insight/0001_boards", sql: include_str!("../migrations/0001_boards.sql") }];

/// The operations. Cheap to clone.
#[derive(Clone)]
pub struct Insight {
    pub(crate) people: People,
    pub(crate) audience: Audience,
    pub(crate) looked: Arc<assets::Looked>,
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct Reader {
    pub scope: Scope,
    pub ctx: Ctx,
}

impl Insight {
    pub fn new(people: People, audience: Audience) -> Self {
        Self { people, audience, looked: Arc::default() }
    }
    /// What lifecycle, tiers and loyalty mean here.
    pub fn life(&self, tx: &mut Tx<'_>) -> Result<Life, Refusal> {
        let text = tx.opt("SELECT value FROM setting WHERE name = 'lifecycle'", params![], |row| row.text(0))?;
        match text {
            Some(text) => serde_json::from_str(&text).map_err(Refusal::internal),
            None => Ok(Life::default()),
        }
    }
}

/// The event that every order gives, whether it came as an event or by import.
pub const ORDER_COMPLETED: &str = "Order Completed";
/// Events that correct what orders brought in: their amounts are taken off, or added.
pub(crate) const REFUNDS: [&str; 3] = ["Order Refunded", "Order Cancelled", "Order Updated"];
/// The property with the order's number.
pub(crate) const ORDER_KEY: &str = "order_id";
