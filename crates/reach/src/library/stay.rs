//! How long somebody stays on a page of the brand's own.
//!
//! A link that leads to such a page brings a token with it; the script there says by it how long the page has been seen. The token is signed and names the
//! link, so that nobody tells of a visit that there was not, and nothing is kept of a visit of which nothing is told.

use super::links::Landing;
use crate::{Reach, refuse};
use siyu_db::{Tx, params};
use siyu_kernel::{Chance, PersonNum, Refusal, Time};

/// The parameter that the script reads, and takes out of the address.
const VISIT: &str = "siyu_visit";
const SIGNED: &str = "material visit";
/// Of a visit: a page that is left open says no more.
const SECONDS_MAX: i64 = 3_600;
/// A token is good for so long.
const VISIT_SECONDS: i64 = 86_400;
const HOSTS_MAX: usize = 20;
/// Letters of the code, of the second it was made, of chance, of the signature.
const PARTS: [usize; 4] = [16, 8, 8, 16];

/// The host of an address, in small letters. One with a name before its host is none of ours.
fn host_of(url: &str) -> Option<String> {
    let rest = url.trim().split_once("://")?.1;
    let authority = rest.split(['/', '?', '#', '\\']).next().filter(|own| !own.contains('@'))?;
    let host = authority.split(':').next()?.to_ascii_lowercase();
    is_host(&host).then_some(host)
}
fn is_host(host: &str) -> bool {
    let is_label = |own: &str| {
        (1..=63).contains(&own.len())
            && own.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !own.starts_with('-')
            && !own.ends_with('-')
    };
    (1..=253).contains(&host.len()) && host.split('.').all(is_label)
}
/// The address with one more parameter, before what only browsers see.
fn with_parameter(url: &str, value: &str) -> String {
    let (page, inside) = url.split_once('#').map_or((url, None), |(page, inside)| (page, Some(inside)));
    let sign = match page.contains('?') {
        true if page.ends_with(['?', '&']) => "",
        true => "&",
        false => "?",
    };
    let inside = inside.map(|own| format!("#{own}")).unwrap_or_default();
    format!("{page}{sign}{VISIT}={value}{inside}")
}
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Reach {
    /// Hosts of pages that carry the script.
    pub fn own_pages(&self, tx: &mut Tx<'_>) -> Result<Vec<String>, Refusal> {
        Ok(tx.query("SELECT host FROM material_page ORDER BY host", &[], |row| row.text(0))?)
    }
    /// Sets them all. Errors: `material_pages`.
    pub fn set_own_pages(&self, tx: &mut Tx<'_>, hosts: &[String]) -> Result<Vec<String>, Refusal> {
        let mut hosts: Vec<String> = hosts.iter().map(|own| own.trim().to_ascii_lowercase()).collect();
        hosts.sort_unstable();
        hosts.dedup();
        if hosts.len() > HOSTS_MAX || !hosts.iter().all(|own| is_host(own)) {
            return Err(refuse::material_pages(HOSTS_MAX));
        }
        tx.execute("DELETE FROM material_page", &[])?;
        for host in &hosts {
            tx.execute("INSERT INTO material_page (host) VALUES ($1)", params![host])?;
        }
        Ok(hosts)
    }
    /// Where a link leads, with a visit when that is a page of ours.
    pub fn visited(&self, tx: &mut Tx<'_>, landing: &Landing, now: Time) -> Result<String, Refusal> {
        let Some(host) = host_of(&landing.url) else { return Ok(landing.url.clone()) };
        let sql = "SELECT 1 FROM material_page WHERE host = $1";
        if tx.opt(sql, params![&host], |row| row.int(0))?.is_none() {
            return Ok(landing.url.clone());
        }
        let second = u32::try_from(now.0.div_euclid(1_000_000)).unwrap_or_default();
        let said = format!("{}{second:08x}{}", landing.code, hex(&Chance::secret::<4>()));
        let signature = hex(&self.parts().vault.sign(SIGNED, said.as_bytes())[..8]);
        Ok(with_parameter(&landing.url, &format!("{said}{signature}")))
    }
    /// Whose link a visit came by, when it is one, and when.
    fn visit(&self, visit: &str, now: Time) -> Option<(String, Time)> {
        if visit.len() != PARTS.iter().sum::<usize>() || !visit.is_ascii() {
            return None;
        }
        let (said, signature) = visit.split_at(visit.len() - PARTS[3]);
        let wanted = hex(&self.parts().vault.sign(SIGNED, said.as_bytes())[..8]);
        // In a time that tells nothing of how much of it is right.
        let differs = wanted.bytes().zip(signature.bytes()).fold(0, |all, (one, other)| all | (one ^ other));
        let (code, rest) = said.split_at(PARTS[0]);
        let second = i64::from_str_radix(&rest[..PARTS[1]], 16).ok()?;
        let at = Time(second * 1_000_000);
        let is_good = differs == 0 && now.0 >= at.0 - 60_000_000 && now <= at.plus_seconds(VISIT_SECONDS);
        is_good.then(|| (code.to_owned(), at))
    }
    /// Whether this is a visit, and one more word of it may be taken now.
    pub fn counts_stay(&self, visit: &str, now: Time) -> bool {
        self.visit(visit, now).is_some_and(|(code, _)| self.inner.stays.one_more(&code, now))
    }
    /// A visit has lasted so long by now: the longest that is said counts, and never more than there was time for. Answers whether it is a visit.
    pub fn stayed(&self, tx: &mut Tx<'_>, visit: &str, seconds: i64, now: Time) -> Result<bool, Refusal> {
        let Some((code, since)) = self.visit(visit, now) else { return Ok(false) };
        let sql = "SELECT material, num FROM material_link WHERE code = $1";
        let found: Option<(String, PersonNum)> = tx.opt(sql, params![&code], |row| Ok((row.text(0)?, row.num(1)?)))?;
        let Some((material, num)) = found else { return Ok(false) };
        let seconds = seconds.min(SECONDS_MAX).min((now.0 - since.0) / 1_000_000 + 1);
        if seconds < 1 {
            return Ok(true);
        }
        let key = self.parts().vault.digest64(visit).cast_signed();
        tx.execute(
            "INSERT INTO material_stay (material, visit, num, seconds, at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (material, visit) DO UPDATE SET seconds = excluded.seconds, at = excluded.at WHERE material_stay.seconds < excluded.seconds",
            params![&material, key, i64::from(num), seconds, now],
        )?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_as_browsers_do() {
        for (url, want) in [
            ("https://Shop.example/tea?x=1#p", Some("shop.example")),
            ("http://127.0.0.1:8080/x", Some("127.0.0.1")),
            ("https://shop.example", Some("shop.example")),
            ("https://shop.example?x=1", Some("shop.example")),
            ("https://shop.example@evil.example/", None),
            ("https://evil.example\\@shop.example/", Some("evil.example")),
            ("https://茶.example/", None),
            ("https:///x", None),
            ("shop.example", None),
        ] {
            assert_eq!(host_of(url).as_deref(), want, "{url}");
        }
    }

    #[test]
    fn a_parameter_stands_before_what_browsers_keep() {
        for (url, want) in [
            ("https://a.example", "https://a.example?siyu_visit=v"),
            ("https://a.example/x?y=1", "https://a.example/x?y=1&siyu_visit=v"),
            ("https://a.example/x?", "https://a.example/x?siyu_visit=v"),
            ("https://a.example/#/tea?x=1", "https://a.example/?siyu_visit=v#/tea?x=1"),
            ("https://a.example/x?y=1#p", "https://a.example/x?y=1&siyu_visit=v#p"),
        ] {
            assert_eq!(with_parameter(url, "v"), want);
        }
    }
}
