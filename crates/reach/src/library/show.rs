//! A content as somebody would read it, and by which ways it may go out.

use crate::Reach;
use crate::content::{Composed, Content};
use crate::welcome::Who;
use siyu_db::Tx;
use siyu_kernel::{PersonNum, Refusal, Time};

/// Who reads it, from whom.
#[derive(Clone, Debug, Default)]
pub struct MaterialShowIn {
    /// By the number the person has now; `None`: somebody nobody knows.
    pub person: Option<PersonNum>,
    /// A userid; empty: whom the person has added last.
    pub staff: String,
    /// `state` of the code they come by.
    pub channel: String,
}

#[derive(Debug)]
pub struct MaterialShown {
    pub composed: Composed,
    /// Variables of it that nothing is known for: what is written as their fallback is shown.
    pub empty: Vec<&'static str>,
    /// By way: why it cannot go out by it.
    pub ways: Vec<(&'static str, Option<Refusal>)>,
}

/// The ways a content may go out by.
pub const WAYS: [&str; 5] = ["welcome", "message", "group_message", "group_welcome", "moment"];

impl Reach {
    /// Errors: those of contents.
    pub fn show_content(
        &self,
        tx: &mut Tx<'_>,
        content: &Content,
        input: &MaterialShowIn,
        now: Time,
    ) -> Result<MaterialShown, Refusal> {
        content.check("content")?;
        let contact = match input.person {
            Some(root) => self.contact_of(tx, root)?,
            None => String::new(),
        };
        let userid = if input.staff.is_empty() { self.friend_of(tx, &contact)? } else { input.staff.clone() };
        let who = Who { contact: &contact, userid: &userid, channel: &input.channel, at: now };
        let mut facts = self.facts(tx, &who, None, now)?;
        if let Some(root) = input.person.filter(|_| facts.person.is_none()) {
            self.add_person(tx, &mut facts, root)?;
        }
        let values = facts.values();
        let media = self.media_of(tx, &content.files(), now)?;
        let mut ways = Vec::new();
        for way in WAYS {
            let fits = match self.fits_way(tx, content, way) {
                Err(refusal) if refusal.class == siyu_kernel::Class::Internal => return Err(refusal),
                fits => fits.err(),
            };
            ways.push((way, fits));
        }
        let mut empty = content.variables();
        empty.retain(|name| values.is_empty(name));
        Ok(MaterialShown { composed: content.compose(&values, &media)?, empty, ways })
    }
    fn fits_way(&self, tx: &mut Tx<'_>, content: &Content, way: &str) -> Result<(), Refusal> {
        match way {
            "message" => self.check_message_content(tx, content),
            "group_message" => self.check_group_content(tx, content),
            "group_welcome" => self.check_group_welcome_content(tx, content),
            "moment" => self.check_moment(tx, content),
            _ => self.check_files(tx, content, "content"),
        }
    }
    /// The member of staff whom a customer has added last, and not lost.
    fn friend_of(&self, tx: &mut Tx<'_>, contact: &str) -> Result<String, Refusal> {
        if contact.is_empty() {
            return Ok(String::new());
        }
        let about = self.parts().contacts.about(tx, contact)?;
        let mut friends = about.into_iter().flat_map(|own| own.relations).filter(|own| own.status == "friends");
        let last = friends.by_ref().max_by_key(|own| own.created_at);
        Ok(last.map(|own| own.staff).unwrap_or_default())
    }
}
