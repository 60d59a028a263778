//! Where somebody is reached: looked up when it is needed.

use crate::Direct;
use siyu_db::Tx;
use siyu_gate::{Candidate, Channel};
use siyu_kernel::{Kind, PersonNum, Refusal};
use siyu_mail::Address;
use siyu_sms::Phone;
use std::collections::HashMap;

/// By the numbers that were asked for: the address, or why there is none.
pub(crate) type Addresses = HashMap<PersonNum, Result<String, &'static str>>;

pub(crate) const LEFT_ALONE: &str = "address_left_alone";

/// As carriers take it; nothing for what is no address.
fn clean(channel: Channel, raw: &str) -> Option<String> {
    match channel {
        Channel::Email => Address::parse(raw).ok().map(|own| own.as_str().to_owned()),
        _ => Phone::parse(raw).ok().map(|own| own.e164().to_owned()),
    }
}

impl Direct {
    /// Of several the one that was seen last and is not left alone.
    pub(crate) fn addresses(
        &self,
        tx: &mut Tx<'_>,
        channel: Channel,
        nums: &[PersonNum],
    ) -> Result<Addresses, Refusal> {
        let (kind, none) = match channel {
            Channel::Email => (Kind::Email, "no_email"),
            _ => (Kind::Phone, "no_phone"),
        };
        // Some have become one with others since the run was made: what they have is found under the person they are now.
        let roots = self.parts().people.roots(tx, nums)?;
        let mut each = roots.clone();
        each.sort_unstable();
        each.dedup();
        let held = self.parts().people.identifiers_of(tx, &each, &kind)?;
        let mut known: Vec<(PersonNum, String)> = Vec::new();
        for root in &each {
            let own = held.get(root).map_or(&[][..], Vec::as_slice);
            known.extend(own.iter().filter_map(|raw| Some((*root, clean(channel, raw)?))));
        }
        let asked: Vec<&str> = known.iter().map(|(_, address)| address.as_str()).collect();
        let alone = self.parts().carriers.left_alone(tx, channel, &asked)?;
        let mut of_root: HashMap<PersonNum, Result<String, &'static str>> = HashMap::new();
        for ((root, address), alone) in known.into_iter().zip(alone) {
            let own = of_root.entry(root).or_insert(Err(LEFT_ALONE));
            if own.is_err() && alone.is_none() {
                *own = Ok(address);
            }
        }
        Ok(nums.iter().zip(&roots).map(|(num, root)| (*num, of_root.get(root).cloned().unwrap_or(Err(none)))).collect())
    }
    pub(crate) fn candidates(nums: &[PersonNum], addresses: &Addresses) -> Vec<Candidate> {
        let unreachable = |num| addresses.get(num).and_then(|own| own.as_ref().err().copied());
        nums.iter().map(|num| Candidate { num: *num, unreachable: unreachable(num) }).collect()
    }
    /// All addresses somebody has.
    pub(crate) fn held_by(&self, tx: &mut Tx<'_>, channel: Channel, num: PersonNum) -> Result<Vec<String>, Refusal> {
        let kind = if channel == Channel::Email { Kind::Email } else { Kind::Phone };
        let roots = self.parts().people.roots(tx, &[num])?;
        let held = self.parts().people.identifiers_of(tx, &roots, &kind)?;
        Ok(held.into_values().flatten().filter_map(|raw| clean(channel, &raw)).collect())
    }
    /// By which a report finds whom a message went to.
    pub(crate) fn digest_of(&self, address: &str) -> Vec<u8> {
        self.parts().vault.sign("direct-address", address.as_bytes())[..16].to_vec()
    }
}
