//! Somebody has added a member of staff: what whoever greets them has to know at once, before anything is read of them.

use crate::Delivery;
use crate::rows::key;
use siyu_kernel::Time;
use siyu_wecom::callback::{ContactChange, Event, Happened};

/// A customer who came, as the callback tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// WeCom's external id.
    pub contact: String,
    /// Key of the member of staff.
    pub staff: String,
    pub userid: String,
    /// Of the code they came by; empty when by none.
    pub state: String,
    /// Good for one welcome within 20 seconds. Without it none can be sent.
    pub code: Option<String>,
    /// The event's identity.
    pub identity: String,
    /// When it happened by WeCom's clock.
    pub at: Option<Time>,
    pub received: Time,
}

impl Delivery {
    /// `None` when the callback tells of something else.
    pub fn arrival(&self) -> Option<&Arrival> {
        self.arrival.as_ref()
    }
}

pub(crate) fn of(event: &Event, identity: &str, received: Time) -> Option<Arrival> {
    let Happened::Contact { change, user_id, external_user_id } = &event.what else { return None };
    let (state, code) = match change {
        ContactChange::Added { state, welcome_code, .. } | ContactChange::HalfAdded { state, welcome_code } => {
            (state.clone(), welcome_code.clone())
        }
        // The archive's consent brings the code that the addition did not have.
        ContactChange::ArchiveApproved { welcome_code: Some(code) } => (None, Some(code.clone())),
        _ => return None,
    };
    if user_id.is_empty() || external_user_id.is_empty() {
        return None;
    }
    Some(Arrival {
        contact: external_user_id.clone(),
        staff: key(user_id),
        userid: user_id.clone(),
        state: state.unwrap_or_default(),
        code: code.filter(|code| !code.is_empty()),
        identity: identity.to_owned(),
        at: event.at,
        received,
    })
}
