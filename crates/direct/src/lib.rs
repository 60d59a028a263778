//! Messages that go to a person directly, by mail or SMS, with nobody of staff in between.

mod carrier;

pub use carrier::{Carriers, MailCarrier, NoCarriers, Reported, SmsCarrier};
