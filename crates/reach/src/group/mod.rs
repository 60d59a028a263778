//! What goes to customer groups: messages that their owners confirm, and material for the welcomes that owners set up in their client.
//!
//! Of each message, at every instant: groups meant = waiting + sent + skipped + failed.

mod lists;
mod read;
mod split;
mod welcome;
mod work;

pub use lists::{GroupMessageRow, GroupQuery, GroupResult, GroupTask};
pub use split::{GroupMessageIn, GroupShare, GroupSplit};
pub use welcome::{GroupWelcomeIn, GroupWelcomeRow};

use crate::content::{Content, Values};
use crate::{Class, Reach, refuse};
use siyu_db::Tx;
use siyu_kernel::{Refusal, Time};

/// Of groups one task may have.
const TASK_MAX: usize = 2_000;

const WAITING: i64 = 0;
const SENT: i64 = 1;
const SKIPPED: i64 = 2;
const FAILED: i64 = 3;

const TO_MAKE: i64 = 0;
const MAKING: i64 = 1;
const MADE: i64 = 2;
const CONFIRMED: i64 = 3;
const CANCELLED: i64 = 4;
const REFUSED: i64 = 5;
const PERHAPS: i64 = 6;

const WISH_REMIND: i64 = 1;
const WISH_CANCEL: i64 = 2;

fn class_name(class: Class) -> &'static str {
    match class {
        Class::Service => "service",
        Class::Marketing => "marketing",
    }
}

impl Reach {
    /// A content for a group says the same to all of its members: what is known of one of them is refused.
    fn check_for_many(&self, tx: &mut Tx<'_>, content: &Content, beginnings: &[&str]) -> Result<(), Refusal> {
        content.check("content")?;
        if beginnings.iter().any(|beginning| content.mentions(beginning)) {
            return Err(refuse::group_variable());
        }
        self.check_files(tx, content, "content")
    }
    fn composed_for(
        &self,
        tx: &mut Tx<'_>,
        content: &Content,
        owner: Option<&str>,
        now: Time,
    ) -> Result<crate::content::Composed, Refusal> {
        let (brand, _) = self.parts().beside.brand(tx)?;
        let mut values = Values::default().with("brand.name", &brand);
        if let Some(owner) = owner {
            let staff = self.parts().contacts.colleague(tx, owner)?;
            values = values.with("staff.name", &staff.name).with("store.name", &staff.store_name);
        }
        let media = self.media_of(tx, &content.files(), now)?;
        content.compose(&values, &media)
    }
}
