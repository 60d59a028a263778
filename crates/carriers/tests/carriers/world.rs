use siyu_carriers::*;
use siyu_db::{Db, Migration, Tx};
use siyu_direct::Reported;
use siyu_gate::Channel;
use siyu_kernel::{Chance, Clock, Identifier, Kind as IdKind, PersonNum, Refusal, Time, Vault};
use siyu_log::Log;
use siyu_mail::{Address, Class, Dkim, Fake, Mail as Letter, Mailbox, Mailer, Settings};
use siyu_people::People;
use siyu_sms::{Request, Response, Transport, TransportError};
use siyu_testkit::TestDb;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

pub fn migrations() -> &'static [Migration] {
    siyu_testkit::migrations![siyu_log::MIGRATIONS, siyu_people::MIGRATIONS, siyu_carriers::MIGRATIONS]
}

/// A mail server and a provider for tests.
pub struct Lines {
    pub mail: Arc<Fake>,
    /// What the provider answers, and how often it was asked.
    pub sms: Mutex<String>,
    pub asked: AtomicUsize,
    pub built: AtomicUsize,
}

pub struct LinesOf(pub Arc<Lines>);
impl Wires for LinesOf {
    fn mailer(&self, _: Settings, _: Option<&Dkim>, _: &Arc<dyn Clock>) -> siyu_mail::Result<Arc<dyn Mailer>> {
        self.0.built.fetch_add(1, Ordering::SeqCst);
        Ok(self.0.mail.clone())
    }
    fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(LinesOf(Arc::clone(&self.0)))
    }
}
impl Transport for LinesOf {
    fn send(&self, _: &Request) -> Result<Response, TransportError> {
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        Ok(Response { status: 200, date: None, body: self.0.sms.lock().unwrap().clone().into_bytes() })
    }
}

/// Whoever sent: knows where its messages went.
#[derive(Default)]
pub struct Sender {
    pub went: Mutex<HashMap<String, String>>,
    pub told: Mutex<Vec<(String, String, Reported)>>,
}
impl Heard for Sender {
    fn reported(
        &self,
        _: &mut Tx<'_>,
        channel: Channel,
        id: &str,
        address: Option<&str>,
        what: &Reported,
        _: Time,
    ) -> Result<bool, Refusal> {
        let known = self.went.lock().unwrap().contains_key(id);
        self.told.lock().unwrap().push((
            format!("{}:{id}", channel.name()),
            address.unwrap_or_default().to_owned(),
            what.clone(),
        ));
        Ok(known)
    }
    fn reported_as(
        &self,
        tx: &mut Tx<'_>,
        taken_as: &str,
        phone: &str,
        what: &Reported,
        at: Time,
    ) -> Result<bool, Refusal> {
        self.reported(tx, Channel::Sms, &format!("as:{taken_as}"), Some(phone), what, at)
    }
    fn went_to(&self, _: &mut Tx<'_>, _: Channel, id: &str) -> Result<Option<String>, Refusal> {
        Ok(self.went.lock().unwrap().get(id).cloned())
    }
    fn uses(&self, tx: &mut Tx<'_>, template: &str) -> Result<i64, Refusal> {
        let sql = "SELECT COUNT(*) FROM setting WHERE name = $1";
        Ok(tx.one(sql, siyu_db::params![template], |row| row.int(0))?)
    }
}

struct Here;
impl Beside for Here {
    fn address(&self, _: &mut Tx<'_>) -> Result<Option<String>, Refusal> {
        Ok(Some("https://shop.example.com".into()))
    }
}

pub struct World {
    pub db: Db,
    pub own: Accounts,
    pub people: People,
    pub lines: Arc<Lines>,
    pub sender: Arc<Sender>,
    pub t: TestDb,
}

impl World {
    pub fn new(t: TestDb) -> Self {
        let lines = Lines {
            mail: Arc::new(Fake::new(t.clock.clone())),
            sms: Mutex::new(r#"{"Code":"OK","Message":"OK","BizId":"1^0","RequestId":"R"}"#.into()),
            asked: AtomicUsize::new(0),
            built: AtomicUsize::new(0),
        };
        let lines = Arc::new(lines);
        let (own, people) = accounts(t.db(), &t, Arc::new(LinesOf(Arc::clone(&lines))));
        let sender = Arc::new(Sender::default());
        own.set_heard(sender.clone());
        Self { db: t.db().clone(), own, people, lines, sender, t }
    }
    pub fn now(&self) -> Time {
        self.t.clock.now()
    }
    pub fn act<T: Send + 'static>(
        &self,
        unit: impl Fn(&Accounts, &mut Tx<'_>, Time) -> Result<T, Refusal> + Send + 'static,
    ) -> T {
        self.attempt(unit).unwrap()
    }
    pub fn attempt<T: Send + 'static>(
        &self,
        unit: impl Fn(&Accounts, &mut Tx<'_>, Time) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let (own, now) = (self.own.clone(), self.now());
        self.db.transact(move |tx| unit(&own, tx, now))
    }
    pub fn read<T>(&self, unit: impl FnOnce(&Accounts, &mut Tx<'_>) -> Result<T, Refusal>) -> T {
        self.db.read(|tx| unit(&self.own, tx)).unwrap()
    }
    pub fn person(&self, kind: &'static str, value: &str) -> PersonNum {
        let (people, now, value) = (self.people.clone(), self.now(), value.to_owned());
        let unit = move |tx: &mut Tx<'_>| {
            let who = people.prepare([Identifier::new(IdKind::parse(kind).unwrap(), &value).unwrap()], now);
            Ok(people.resolve(tx, &[who], "test", now)?.remove(0).unwrap().node)
        };
        self.db.transact(unit).unwrap()
    }
    pub fn save_mail(&self, input: MailIn) -> Result<Mail, Refusal> {
        self.attempt(move |own, tx, now| own.save_mail(tx, &input, "ann", now))
    }
    pub fn save_sms(&self, input: SmsIn) -> Result<SmsSettings, Refusal> {
        self.attempt(move |own, tx, now| own.save_sms(tx, &input, "ann", now))
    }
    /// Whether marketing of a channel is withdrawn, and how many lines the ledger has.
    pub fn ledger(&self, num: PersonNum, channel: &str) -> (Option<bool>, usize) {
        let people = self.people.clone();
        self.read(|_, tx| {
            let root = people.roots(tx, &[num])?[0];
            let nodes = people.nodes(tx, root)?;
            let all = people.consents(tx, &nodes)?;
            let of: Vec<_> = all.iter().filter(|own| own.channel == channel).collect();
            Ok((of.first().map(|own| !own.granted), of.len()))
        })
    }
}

/// Another process's on the same data, too.
pub fn accounts(db: &Db, t: &TestDb, wires: Arc<dyn Wires>) -> (Accounts, People) {
    let (vault, chance) = (Vault::from_key([7; 32]), Arc::new(Chance::seeded(5)));
    let log = Log::open(db, vault.clone(), t.clock.clone()).unwrap();
    let people = People::open(db, vault.clone(), log.clone(), chance.clone()).unwrap();
    let parts = Parts {
        db: db.clone(),
        vault,
        log,
        people: people.clone(),
        chance,
        clock: t.clock.clone(),
        wires,
        beside: Arc::new(Here),
    };
    (Accounts::new(parts), people)
}

pub fn mail_in() -> MailIn {
    let account = MailAccount {
        host: "smtp.example.com".into(),
        user: "shop@example.com".into(),
        from: "shop@example.com".into(),
        from_name: "一店".into(),
        bounce: "bounce@example.com".into(),
        ..MailAccount::default()
    };
    MailIn { account, password: Some("right password".into()), ..MailIn::default() }
}

pub fn sms_in() -> SmsIn {
    let account = SmsAccount { sign: "一店".into(), ..SmsAccount::default() };
    SmsIn {
        account,
        key_id: Some("LTAI4GExampleKeyId01".into()),
        key_secret: Some("top secret? no: ExampleSecret".replace(' ', "_")),
        ..SmsIn::default()
    }
}

pub fn letter(to: &str) -> siyu_mail::Built {
    let address = |text: &str| Address::parse(text).unwrap();
    let mail = Letter {
        id: "msg_1".into(),
        class: Class::Service,
        from: Mailbox::new("", address("shop@example.com")).unwrap(),
        reply_to: None,
        to: Mailbox::new("", address(to)).unwrap(),
        return_path: None,
        subject: "Hello".into(),
        text: "Hello".into(),
        html: String::new(),
        files: Vec::new(),
        unsubscribe: None,
    };
    siyu_mail::build(&mail, Time::parse("2026-03-02T04:00:00Z").unwrap(), None, &siyu_mail::Limits::default()).unwrap()
}
