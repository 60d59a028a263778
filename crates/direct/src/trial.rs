//! One message to one address that whoever writes it names, to see what arrives. It passes no gate and is kept nowhere: the caller limits and audits it.

use crate::decide::new_id;
use crate::send::mail_of;
use crate::{Content, Direct, refuse};
use siyu_gate::{Channel, Class};
use siyu_kernel::Refusal;
use siyu_mail::{Address, Limits, Mailbox};
use siyu_reach::content::Values;
use siyu_sms::{Batch, Message, Phone};

impl Direct {
    /// With samples for variables. Answers the id it went out under.
    ///
    /// Errors: those of saving it, `direct_account`, `direct_content` (no address), those of the ports.
    pub fn try_out(&self, content: &Content, class: Class, address: &str) -> Result<String, Refusal> {
        let parts = self.parts();
        let id = new_id();
        let wrong = || refuse::content("to", "This is no address.", "地址格式不正确。");
        match content {
            Content::Mail(own) => {
                let to = Address::parse(address).and_then(|own| Mailbox::new("", own)).map_err(|_| wrong())?;
                let carrier = parts.db.read(|tx| {
                    content.check(tx, &*parts.carriers, class)?;
                    parts.carriers.mail(tx)?.ok_or_else(|| refuse::no_account(true))
                })?;
                // Nobody unsubscribes from a test: as marketing it would need the address of a person.
                let letter = own.letter(&Values::samples(), None)?;
                let mail = mail_of(&carrier, &id, Class::Service, to, letter, None);
                let built = siyu_mail::build(&mail, self.now(), carrier.dkim.as_deref(), &Limits::default())?;
                carrier.mailer.send(&built)?;
            }
            Content::Sms(own) => {
                let phone = Phone::parse(address).map_err(|_| wrong())?;
                let (carrier, template) = parts.db.read(|tx| {
                    content.check(tx, &*parts.carriers, class)?;
                    let carrier = parts.carriers.sms(tx)?.ok_or_else(|| refuse::no_account(false))?;
                    Ok((carrier, parts.carriers.template(tx, &own.template)?))
                })?;
                let alone = parts.db.read(|tx| parts.carriers.left_alone(tx, Channel::Sms, &[phone.e164()]))?;
                if alone.first().is_some_and(Option::is_some) {
                    let (en, zh) = ("This number wants no SMS.", "该号码已退订，不能发送。");
                    return Err(refuse::content("to", en, zh));
                }
                let params = own.short(&template, &Values::samples(), phone.is_mainland())?.params;
                let messages = [Message { phone, params }];
                let sign = if template.sign.is_empty() { &carrier.sign } else { &template.sign };
                let batch =
                    Batch { sign, template: &template.code, class: template.class, out_id: &id, messages: &messages };
                for own in carrier.sms.send(&batch) {
                    own.outcome?;
                }
            }
        }
        Ok(id)
    }
}
