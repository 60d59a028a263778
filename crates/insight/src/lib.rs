//! Questions about what people did, and boards of them.
//!
//! Nouns: **kind** – one sort of question (funnel, retention …); **spec** – a question of a kind as people write it ([`Spec`], JSON); **frame** –
//! what all specs share: span, among whom, split by what, beside the period before; **cell** – one number of a result, which can be opened to
//! the people behind it; **board** – saved questions, side by side.
//!
//! Invariants
//! - Every number comes from one kernel of `siyu-behaviour`, or from the books; there is no second definition here.
//! - A reader limited to some stores gets numbers of the people of these stores only, and credits of the orders of these stores only.
//! - What is masked in an event when it is shown is in no answer, and nothing can be asked about it.
//! - The people of a cell are as many as the cell says, when both were asked of the same moment.
//!
//! This crate knows no HTTP.

mod assets;
mod boards;
mod calendar;
mod cell;
mod defaults;
mod private;
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
    BOARDS_MAX, BoardIn, BoardItem, BoardRow, board_naming, boards, change_board, create_board, delete_board,
    find_board,
};
pub use calendar::{parse_day, show_day};
pub use cell::{AARRR, Active, Cell, Group, Living, NodeWhich, STAGES, TIERS, Touch};
pub use defaults::{Seen, SeenEvent, SeenProperty, defaults};
pub use question::Question;
pub use refuse::under;
pub use run::Scene;
pub use sheet::{Sheet, SheetCell, sheets};
pub use spec::{Ask, Kind, Spec};

use siyu_audience::{Audience, Ctx, Scope};
use siyu_behaviour::{Calendar, ColumnKind, Select};
use siyu_db::Migration;
use siyu_kernel::Refusal;
use siyu_kernel::{Time, Zone};
use siyu_people::People;
use siyu_projection::{MONEY_EVENTS, Projection};
use std::sync::{Arc, Mutex};

pub const MIGRATIONS: &[Migration] =
    &[Migration { id: "insight/0001_boards", sql: include_str!("../migrations/0001_boards.sql") }];

/// The operations. Cheap to clone.
#[derive(Clone)]
pub struct Insight {
    pub(crate) people: People,
    pub(crate) audience: Audience,
    pub(crate) looked: Arc<assets::Looked>,
    calendar: Arc<Mutex<Option<Arc<Calendar>>>>,
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct Reader {
    pub scope: Scope,
    pub ctx: Ctx,
}

impl Insight {
    pub fn new(people: People, audience: Audience) -> Self {
        Self { people, audience, looked: Arc::default(), calendar: Arc::default() }
    }
    /// The columns as they are now.
    pub fn scene(&self, projection: &Projection, now: Time) -> Result<Scene, Refusal> {
        let (moment, fresh) = (projection.moment()?, projection.freshness()?);
        Ok(Scene {
            snapshot: moment.snapshot,
            as_of: moment.as_of,
            fresh_seconds: fresh.seconds,
            now,
            calendar: self.calendar(&projection.zone()),
            threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(THREADS_MAX),
        })
    }
    fn calendar(&self, zone: &Zone) -> Arc<Calendar> {
        let mut held = self.calendar.lock().unwrap_or_else(|broken| broken.into_inner());
        match &*held {
            Some(calendar) if calendar.zone().name() == zone.name() => Arc::clone(calendar),
            _ => Arc::clone(held.insert(Arc::new(Calendar::new(zone, CALENDAR_DAYS.0, CALENDAR_DAYS.1)))),
        }
    }
}

/// A question spreads over so many threads at most, so that a big machine answers several at once.
const THREADS_MAX: usize = 8;
/// Days that are looked up: the years 1990 to 2059. Others are answered too, more slowly.
const CALENDAR_DAYS: (i32, i32) = (7_305, 32_871);

/// The name of a kind of column in the catalogue.
pub fn column_kind_name(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Int => "int",
        ColumnKind::Float => "float",
        ColumnKind::Bool => "bool",
        ColumnKind::Text => "text",
        ColumnKind::List => "list",
    }
}

pub use siyu_audience::ORDER_COMPLETED;
/// Events that move money besides these orders: refunds, cancellations, what an order turned out to be worth.
pub(crate) fn corrections(orders: &Select) -> Select {
    let others = MONEY_EVENTS.into_iter().filter(|name| !orders.events.iter().any(|own| own == name));
    Select { events: others.map(str::to_owned).collect(), tests: Vec::new() }
}
/// The property with the order's number.
pub(crate) const ORDER_KEY: &str = "order_id";
/// The property with the code of the store.
pub(crate) const STORE_KEY: &str = "store";
