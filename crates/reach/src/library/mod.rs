//! The library: contents that are kept to be used again.
//!
//! Nouns: **material** – a name, a folder, labels and the versions of a content; **version** – what it said when it was saved, and whether somebody else has
//! approved it; **use** – a message or welcome that a version went into; **kit** – materials for a day, with how to use them.
//!
//! - A version never changes. Whoever saves another content writes the next one.
//! - A link that counts leads where its row says and nowhere else: what comes with the request changes nothing of it.
//! - Only a version that somebody else than its writer has approved goes out; a later draft leaves it in use.

mod calendar;
mod keep;
mod kits;
mod links;
mod lists;
mod material;
mod radar;
mod show;
mod stay;
mod uses;

pub use calendar::CalendarRow;
pub use kits::{KitIn, KitRow, KitSeat, KitSend};
pub(crate) use links::Counted;
pub use links::{Landing, Track};
pub use lists::MaterialQuery;
pub use material::{MaterialIn, MaterialRow, MaterialState, MaterialVersion, Writer};
pub use radar::{Radar, RadarPerson};
pub use show::{MaterialShowIn, MaterialShown, WAYS};
pub use uses::MaterialUse;
