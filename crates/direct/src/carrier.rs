//! What carries mail and SMS, asked and not known.

use siyu_db::Tx;
use siyu_gate::Channel;
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_mail::{Dkim, Mailbox, Mailer, ReturnPath};
use siyu_sms::{Sms, Template};
use std::sync::Arc;

/// The accounts of mail and SMS. Asked anew for each batch: settings change while messages are on their way.
pub trait Carriers: Send + Sync {
    /// `None`: there is no mail account, or it is switched off.
    fn mail(&self, tx: &mut Tx<'_>) -> Result<Option<MailCarrier>, Refusal>;
    /// `None`: there is no SMS account, or it is switched off.
    fn sms(&self, tx: &mut Tx<'_>) -> Result<Option<SmsCarrier>, Refusal>;
    /// A template of the provider's that is kept here. Errors: `sms_template_unknown`.
    fn template(&self, tx: &mut Tx<'_>, id: &str) -> Result<Template, Refusal>;
    /// Of each address the reason why it is left alone, in the order of what was asked.
    fn left_alone(
        &self,
        tx: &mut Tx<'_>,
        channel: Channel,
        addresses: &[&str],
    ) -> Result<Vec<Option<&'static str>>, Refusal>;
    /// An address turned out to be none, or its owner does not want us: it gets nothing more. `because`: a code of a port.
    fn leave_alone(
        &self,
        tx: &mut Tx<'_>,
        channel: Channel,
        address: &str,
        because: &str,
        at: Time,
    ) -> Result<(), Refusal>;
    /// The https address at which somebody says that they want no more. `None` while nobody knows where we are reached.
    fn unsubscribe(&self, tx: &mut Tx<'_>, channel: Channel, person: PersonNum) -> Result<Option<String>, Refusal>;
}

#[derive(Clone)]
pub struct MailCarrier {
    pub mailer: Arc<dyn Mailer>,
    pub from: Mailbox,
    pub reply_to: Option<Mailbox>,
    /// `None`: bounces go to the sender.
    pub return_path: Option<ReturnPath>,
    pub dkim: Option<Arc<Dkim>>,
}

#[derive(Clone)]
pub struct SmsCarrier {
    pub sms: Arc<dyn Sms>,
    /// The approved signature (签名).
    pub sign: String,
}

/// What a carrier says later of a message it has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reported {
    Delivered,
    /// It did not arrive, with the code of the reason.
    Failed(String),
    /// The receiver called it unwanted.
    Complained,
}

/// Nothing is set up.
pub struct NoCarriers;

impl Carriers for NoCarriers {
    fn mail(&self, _: &mut Tx<'_>) -> Result<Option<MailCarrier>, Refusal> {
        Ok(None)
    }
    fn sms(&self, _: &mut Tx<'_>) -> Result<Option<SmsCarrier>, Refusal> {
        Ok(None)
    }
    fn template(&self, _: &mut Tx<'_>, _: &str) -> Result<Template, Refusal> {
        Err(Refusal::not_found("sms_template_unknown", "There is no such SMS template.", "短信模板不存在。"))
    }
    fn left_alone(&self, _: &mut Tx<'_>, _: Channel, addresses: &[&str]) -> Result<Vec<Option<&'static str>>, Refusal> {
        Ok(vec![None; addresses.len()])
    }
    fn leave_alone(&self, _: &mut Tx<'_>, _: Channel, _: &str, _: &str, _: Time) -> Result<(), Refusal> {
        Ok(())
    }
    fn unsubscribe(&self, _: &mut Tx<'_>, _: Channel, _: PersonNum) -> Result<Option<String>, Refusal> {
        Ok(None)
    }
}
