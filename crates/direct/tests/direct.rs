//! Mail and SMS on either engine, with carriers that keep what they get: everybody comes to one end, nobody gets anything twice.

use siyu_db::{Db, Migration, Tx, params};
use siyu_direct::{
    Carriers, Content, Direct, DirectIn, DirectRow, MailCarrier, MailContent, Parts, Reported, SmsCarrier, SmsContent,
};
use siyu_gate::{Channel, Class, Due, End, Gate, Sums};
use siyu_kernel::{Chance, Clock, Identifier, Kind, PersonNum, Refusal, Time, Vault, Zone};
use siyu_log::Log;
use siyu_mail::{Address, Mailbox, Mailer};
use siyu_people::{ConsentIn, People};
use siyu_reach::{Beside, ContentTestIn, Ends, Goal, Terms};
use siyu_sms::{Phone, Provider, Sms, Template};
use siyu_testkit::TestDb;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

const MIGRATIONS: &[Migration] = siyu_testkit::migrations![
    siyu_log::MIGRATIONS,
    siyu_people::MIGRATIONS,
    siyu_contacts::MIGRATIONS,
    siyu_gate::MIGRATIONS,
    siyu_reach::MIGRATIONS,
    siyu_direct::MIGRATIONS
];

siyu_testkit::contract!(MIGRATIONS;
    mail_goes_out_once_and_is_reported, marketing_mail_says_how_to_leave, who_says_no_in_between_gets_nothing,
    what_was_missed_overnight_waits_for_the_morning, what_is_refused_is_told_and_what_stands_still_is_not_lost,
    nobody_waits_for_a_message_that_is_over, an_sms_whose_answer_was_lost_is_asked_for, the_rest_of_a_test_gets_what_was_chosen, many_are_asked_for_as_fast_as_the_provider_lets_us, a_process_that_ends_leaves_nobody_behind,
    a_large_broadcast_is_approved_and_stops_when_it_fails, reports_without_our_id_are_matched, erased_people_lead_nowhere, whatever_happens_everybody_has_one_end);

type Told = Arc<Mutex<Vec<(PersonNum, End, String)>>>;

struct World {
    t: TestDb,
    direct: Direct,
    gate: Gate,
    people: People,
    carriers: Arc<Kept>,
    told: Told,
}

struct Kept {
    mail: Arc<siyu_mail::Fake>,
    sms: Arc<siyu_sms::Fake>,
    /// The provider's library falls over in the middle of this many calls.
    falls: Arc<Mutex<u32>>,
    state: Mutex<State>,
}
struct State {
    accounts: bool,
    address: Option<&'static str>,
    alone: BTreeMap<String, String>,
}

struct Falling(Arc<siyu_sms::Fake>, Arc<Mutex<u32>>);
impl Sms for Falling {
    fn provider(&self) -> Provider {
        Provider::Aliyun
    }
    fn send(&self, batch: &siyu_sms::Batch<'_>) -> Vec<siyu_sms::Sent> {
        let sent = self.0.send(batch);
        let mut left = self.1.lock().unwrap();
        if *left > 0 {
            *left -= 1;
            drop(left);
            panic!("the process ends here");
        }
        sent
    }
    fn look(&self, batch: &siyu_sms::Batch<'_>, phone: &Phone, at: Time) -> siyu_sms::Result<siyu_sms::Seen> {
        self.0.look(batch, phone, at)
    }
    fn check(&self) -> Vec<siyu_kernel::Finding> {
        Vec::new()
    }
}

impl Carriers for Kept {
    fn mail(&self, _: &mut Tx<'_>) -> Result<Option<MailCarrier>, Refusal> {
        let from = Mailbox::new("四语", Address::parse("hi@brand.example").unwrap()).unwrap();
        let mailer: Arc<dyn Mailer> = Arc::clone(&self.mail) as _;
        let carrier = MailCarrier { mailer, from, reply_to: None, return_path: None, dkim: None };
        Ok(self.state.lock().unwrap().accounts.then_some(carrier))
    }
    fn sms(&self, _: &mut Tx<'_>) -> Result<Option<SmsCarrier>, Refusal> {
        let sms: Arc<dyn Sms> = Arc::new(Falling(Arc::clone(&self.sms), Arc::clone(&self.falls)));
        Ok(self.state.lock().unwrap().accounts.then(|| SmsCarrier { sms, sign: "四语".into() }))
    }
    fn template(&self, _: &mut Tx<'_>, _: &str) -> Result<Template, Refusal> {
        let text = "${name}您好，新品到店，拒收请回复R".to_owned();
        let (code, sign, class) = ("SMS_1".to_owned(), "四语".to_owned(), siyu_sms::Class::Marketing);
        Ok(Template { code, sign, text, class, provider: Provider::Aliyun })
    }
    fn left_alone(&self, _: &mut Tx<'_>, _: Channel, all: &[&str]) -> Result<Vec<Option<&'static str>>, Refusal> {
        let alone = &self.state.lock().unwrap().alone;
        Ok(all.iter().map(|own| alone.contains_key(*own).then_some("bounced")).collect())
    }
    fn leave_alone(&self, _: &mut Tx<'_>, _: Channel, own: &str, why: &str, _: Time) -> Result<(), Refusal> {
        self.state.lock().unwrap().alone.insert(own.to_owned(), why.to_owned());
        Ok(())
    }
    fn unsubscribe(&self, _: &mut Tx<'_>, _: Channel, num: PersonNum) -> Result<Option<String>, Refusal> {
        Ok(self.state.lock().unwrap().address.map(|base| format!("{base}/leave/{num}")))
    }
}

struct Brand;
impl Beside for Brand {
    fn has_bought(&self, _: &mut Tx<'_>, _: PersonNum) -> Result<bool, Refusal> {
        Ok(false)
    }
    fn brand(&self, _: &mut Tx<'_>) -> Result<(String, Zone), Refusal> {
        Ok(("示例".into(), Zone::shanghai()))
    }
}
struct Tells(Told);
impl Ends for Tells {
    fn ended(&self, _: &mut Tx<'_>, _: &str, ends: &[(PersonNum, End, &str)]) -> Result<(), Refusal> {
        self.0.lock().unwrap().extend(ends.iter().map(|(num, end, why)| (*num, *end, (*why).to_owned())));
        Ok(())
    }
}

fn mail() -> Content {
    let hello = "{{ customer.name or \"朋友\" }}，{{ greeting }}";
    Content::Mail(MailContent { subject: hello.into(), text: hello.into(), html: String::new() })
}
fn sms() -> Content {
    let params = BTreeMap::from([("name".to_owned(), "{{ customer.name or \"会员\" }}".to_owned())]);
    Content::Sms(SmsContent { template: "t".into(), params })
}
fn email_of(n: usize) -> Address {
    Address::parse(&format!("u{n}@example.com")).unwrap()
}
fn phone_of(n: usize) -> Phone {
    Phone::parse(&format!("139{n:08}")).unwrap()
}

impl World {
    fn open(t: TestDb) -> Self {
        let vault = Vault::from_key([7; 32]);
        let log = Log::open(t.db(), vault.clone(), t.clock.clone()).unwrap();
        let people = People::open(t.db(), vault.clone(), log.clone(), Arc::new(Chance::seeded(1))).unwrap();
        let (gate, told) = (Gate::new(&vault), Told::default());
        let carriers = Arc::new(Kept {
            mail: Arc::new(siyu_mail::Fake::new(t.clock.clone())),
            sms: Arc::new(siyu_sms::Fake::new(t.clock.clone())),
            falls: Arc::default(),
            state: Mutex::new(State { accounts: true, address: Some("https://a.example"), alone: BTreeMap::new() }),
        });
        let direct = Direct::new(Parts {
            db: t.db().clone(),
            vault,
            log,
            people: people.clone(),
            gate: gate.clone(),
            clock: t.clock.clone(),
            beside: Arc::new(Brand),
            ends: Arc::new(Tells(Arc::clone(&told))),
            carriers: Arc::clone(&carriers) as _,
        });
        Self { direct, gate, people, carriers, told, t }
    }
    fn db(&self) -> &Db {
        self.t.db()
    }
    fn now(&self) -> Time {
        self.t.clock.now()
    }
    fn act<T: Send + 'static>(&self, unit: impl FnMut(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static) -> T {
        self.db().transact(unit).unwrap()
    }
    fn read<T>(&self, unit: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal>) -> T {
        self.db().read(unit).unwrap()
    }
    /// So many people with a mail address and a number, and some with neither.
    fn people(&self, with: usize, without: usize) -> Vec<PersonNum> {
        let (people, now) = (self.people.clone(), self.now());
        self.act(move |tx| {
            let known = (0..with).map(|n| {
                let mail = Identifier::new(Kind::Email, email_of(n).as_str()).unwrap();
                people.prepare([mail, Identifier::new(Kind::Phone, phone_of(n).e164()).unwrap()], now)
            });
            let bare = (0..without)
                .map(|n| people.prepare([Identifier::new(Kind::MemberNo, &format!("M{n:06}")).unwrap()], now));
            let prepared: Vec<_> = known.chain(bare).collect();
            Ok(people.resolve(tx, &prepared, "test", now)?.into_iter().map(|own| own.unwrap().root).collect())
        })
    }
    fn terms(&self, class: Class) -> Terms {
        Terms {
            kind: "broadcast",
            class,
            worth: 1.0,
            holdout: 0.0,
            per_hour: 0,
            start: self.now(),
            expires: self.now().plus_days(2),
        }
    }
    fn create(&self, id: &str, contents: Vec<Content>, people: &[PersonNum], class: Class) {
        self.create_testing(id, contents, people, class, None);
    }
    fn create_testing(
        &self,
        id: &str,
        contents: Vec<Content>,
        people: &[PersonNum],
        class: Class,
        test: Option<ContentTestIn>,
    ) {
        let (direct, now, terms, id) = (self.direct.clone(), self.now(), self.terms(class), id.to_owned());
        let (people, audience) = (people.to_vec(), String::new());
        let input = DirectIn {
            name: "秋季".into(),
            contents,
            people,
            audience,
            by: "Ann".into(),
            asked_by: "usr_ann".into(),
            test,
        };
        self.act(move |tx| direct.create(tx, &id, &input, &terms, now).map(drop));
    }
    fn decide(&self) {
        while self.direct.work_gate().unwrap() == siyu_contacts::Ran::Went {}
    }
    /// Everything that can be done without time passing.
    fn work(&self) {
        self.decide();
        for _ in 0..1_000 {
            let (mail, sms) = (self.direct.work_mail().unwrap(), self.direct.work_sms().unwrap());
            if mail != siyu_contacts::Ran::Went && sms != siyu_contacts::Ran::Went {
                return;
            }
            self.decide();
        }
        panic!("it never comes to an end");
    }
    fn pass(&self, seconds: i64) {
        self.t.clock.advance_seconds(seconds);
        self.work();
    }
    fn sums(&self, id: &str) -> Sums {
        let sums = self.read(|tx| {
            let run = self.gate.run(tx, id)?;
            self.gate.sums(tx, &run)
        });
        assert_eq!(sums.people, sums.waiting + sums.sent + sums.skipped + sums.failed);
        sums
    }
    fn count(&self, id: &str, end: End, why: &str) -> i64 {
        let all = self.read(|tx| {
            let run = self.gate.run(tx, id)?;
            self.gate.reasons(tx, &run)
        });
        all.into_iter().find(|(own, reason, _)| *own == end && reason == why).map_or(0, |(.., people)| people)
    }
    fn row(&self, id: &str) -> DirectRow {
        self.read(|tx| self.direct.row(tx, id))
    }
    fn consent(&self, num: PersonNum, channel: &str, granted: bool) {
        let (people, now) = (self.people.clone(), self.now());
        let (purpose, channel) = ("marketing".to_owned(), channel.to_owned());
        let consent = ConsentIn { purpose, channel, granted, text_version: "1".into(), evidence: String::new() };
        self.act(move |tx| people.record_consent(tx, num, &consent, "test", "test", now).map(drop));
    }
    fn mails(&self) -> Vec<siyu_mail::Built> {
        self.carriers.mail.kept()
    }
    fn told(&self) -> Vec<(PersonNum, End, String)> {
        self.told.lock().unwrap().clone()
    }
    fn report(&self, channel: Channel, id: &str, address: Option<&str>, what: Reported) -> bool {
        let (direct, now, id, address) = (self.direct.clone(), self.now(), id.to_owned(), address.map(str::to_owned));
        self.act(move |tx| direct.reported(tx, channel, &id, address.as_deref(), &what, now))
    }
}
fn id_of(built: &siyu_mail::Built) -> String {
    built.message_id.split('@').next().unwrap().to_owned()
}

fn mail_goes_out_once_and_is_reported(t: TestDb) {
    let world = World::open(t);
    let all = world.people(70, 5);
    world.create("bc_1", vec![mail()], &all, Class::Service);
    assert_eq!((world.sums("bc_1").people, world.sums("bc_1").waiting), (75, 70));
    // Staff's gate leaves it alone.
    let due = world.read(|tx| world.gate.due(tx, |own| !own.is_direct(), world.now()));
    assert_eq!(due, Due::Nothing);
    world.work();
    let sums = world.sums("bc_1");
    assert_eq!((sums.sent, sums.skipped, sums.waiting), (70, 5, 0));
    assert_eq!(world.count("bc_1", End::Skipped, "no_email"), 5);
    let kept = world.mails();
    let (to, ids): (BTreeSet<_>, BTreeSet<_>) = kept.iter().map(|own| (own.to.clone(), id_of(own))).unzip();
    assert_eq!((kept.len(), to.len(), ids.len()), (70, 70, 70));
    assert!(ids.iter().all(|id| id.len() <= 32 && id.bytes().all(|b| b.is_ascii_alphanumeric())));
    assert_eq!(world.told().len(), 75);
    world.pass(7 * 86_400);
    assert_eq!(world.mails().len(), 70);

    assert!(world.report(Channel::Email, &id_of(&kept[0]).to_uppercase(), None, Reported::Delivered));
    assert!(world.report(Channel::Email, &id_of(&kept[1]), None, Reported::Failed("mail_no_mailbox".into())));
    assert!(world.report(Channel::Email, &id_of(&kept[2]), None, Reported::Complained));
    assert!(world.report(Channel::Email, &id_of(&kept[0]), None, Reported::Failed("late".into())));
    assert!(!world.report(Channel::Email, "0123", None, Reported::Delivered));
    let row = world.row("bc_1");
    let own = row.delivery;
    assert_eq!((own.taken, own.delivered, own.bounced, own.complained), (70, 2, 1, 1));
    // A bounce is told beside what was sent: the run's sums stay.
    assert_eq!((row.broadcast.variants[0].sent, world.sums("bc_1").sent), (70, 70));
    let sealed = world.read(|tx| Ok(tx.one("SELECT content FROM direct_content", &[], |row| row.blob(0))?));
    assert!(!sealed.windows(8).any(|own| own == b"customer"));
}

fn marketing_mail_says_how_to_leave(t: TestDb) {
    let world = World::open(t);
    let all = world.people(3, 0);
    world.carriers.state.lock().unwrap().address = None;
    world.consent(all[0], "email", true);
    world.consent(all[1], "sms", true);
    world.create("bc_1", vec![mail()], &all, Class::Marketing);
    world.work();
    // Nobody knows the address yet: it waits, and the doctor says so.
    assert_eq!((world.sums("bc_1").waiting, world.count("bc_1", End::Skipped, "consent_missing")), (1, 2));
    assert_eq!(world.read(|tx| world.direct.findings(tx)).len(), 1);
    world.carriers.state.lock().unwrap().address = Some("https://a.example");
    world.pass(301);
    assert_eq!(world.sums("bc_1").sent, 1);
    let text = String::from_utf8(world.mails()[0].bytes.clone()).unwrap();
    assert!(text.contains(&format!("List-Unsubscribe: <https://a.example/leave/{}>", all[0])), "{text}");
    assert!(world.read(|tx| world.direct.findings(tx)).is_empty());
}

fn who_says_no_in_between_gets_nothing(t: TestDb) {
    let world = World::open(t);
    let all = world.people(3, 0);
    all.iter().for_each(|num| world.consent(*num, "any", true));
    world.create("bc_1", vec![mail()], &all, Class::Marketing);
    world.decide();
    world.consent(all[1], "email", false);
    world.work();
    assert_eq!((world.sums("bc_1").sent, world.count("bc_1", End::Skipped, "consent_withdrawn")), (2, 1));
    assert_eq!(world.mails().len(), 2);
}

fn what_was_missed_overnight_waits_for_the_morning(t: TestDb) {
    let world = World::open(t);
    let all = world.people(3, 0);
    all.iter().for_each(|num| world.consent(*num, "any", true));
    world.create("bc_1", vec![mail()], &all, Class::Marketing);
    world.decide();
    world.pass(11 * 3_600);
    assert_eq!((world.mails().len(), world.count("bc_1", End::Waiting, "quiet_hours")), (0, 3));
    world.pass(10 * 3_600);
    assert_eq!((world.mails().len(), world.sums("bc_1").sent), (3, 3));
}

fn what_is_refused_is_told_and_what_stands_still_is_not_lost(t: TestDb) {
    use siyu_mail::codes::*;
    let world = World::open(t);
    let all = world.people(6, 0);
    let fake = &world.carriers.mail;
    fake.fail(&email_of(0), &NO_MAILBOX, false);
    fake.fail(&email_of(1), &POLICY_REFUSED, false);
    fake.fail(&email_of(2), &DEFERRED, false);
    fake.fail(&email_of(3), &OUTCOME_UNKNOWN, true);
    world.create("bc_1", vec![mail()], &all, Class::Service);
    world.work();
    let sums = world.sums("bc_1");
    assert_eq!((sums.sent, sums.failed, sums.waiting), (2, 3, 1));
    for why in ["mail_no_mailbox", "mail_policy_refused", "outcome_unknown"] {
        assert_eq!(world.count("bc_1", End::Failed, why), 1, "{why}");
    }
    assert_eq!(world.carriers.state.lock().unwrap().alone.keys().cloned().collect::<Vec<_>>(), ["u0@example.com"]);
    fake.heal(&email_of(2));
    world.pass(301);
    assert_eq!((world.sums("bc_1").sent, world.mails().len(), world.row("bc_1").delivery.unknown), (3, 4, 1));

    // Who is left alone is not asked for again; all of a channel stands still, and goes on.
    fake.heal(&email_of(3));
    (1..6).for_each(|n| fake.fail(&email_of(n), &AUTH_REFUSED, false));
    world.create("bc_2", vec![mail()], &all, Class::Service);
    world.work();
    assert_eq!((world.sums("bc_2").waiting, world.count("bc_2", End::Skipped, "address_left_alone")), (5, 1));
    let holds = world.read(|tx| world.direct.holds(tx));
    assert_eq!((holds[0].channel, holds[0].reason.as_str()), (Channel::Email, "mail_auth_refused"));
    world.carriers.state.lock().unwrap().accounts = false;
    world.pass(60);
    assert_eq!(world.read(|tx| world.direct.holds(tx))[0].reason, "no_account");
    world.carriers.state.lock().unwrap().accounts = true;
    (1..6).for_each(|n| fake.heal(&email_of(n)));
    world.pass(60);
    assert_eq!((world.sums("bc_2").sent, world.read(|tx| world.direct.holds(tx)).len()), (5, 0));
}

fn nobody_waits_for_a_message_that_is_over(t: TestDb) {
    let world = World::open(t);
    let all = world.people(40, 0);
    for (id, why) in [("bc_1", "cancelled"), ("bc_2", "expired")] {
        world.create(id, vec![mail()], &all, Class::Service);
        world.decide();
        assert_eq!(world.direct.work_mail().unwrap(), siyu_contacts::Ran::Went);
        let (direct, now) = (world.direct.clone(), world.now());
        match why {
            "cancelled" => world.act(move |tx| direct.cancel(tx, id, now)),
            _ => world.act(move |tx| direct.pause(tx, id, true, now)),
        }
        world.work();
        if why == "expired" {
            assert_eq!(world.sums(id).waiting, 8);
            world.pass(3 * 86_400);
        }
        assert_eq!((world.sums(id).sent, world.count(id, End::Skipped, why)), (32, 8));
        assert!(world.read(|tx| world.gate.run(tx, id)).ended_at.is_some());
    }
    assert!(!world.read(|tx| world.direct.any_open(tx)));
}

fn an_sms_whose_answer_was_lost_is_asked_for(t: TestDb) {
    use siyu_sms::codes::*;
    let world = World::open(t);
    let all = world.people(5, 2);
    let fake = &world.carriers.sms;
    fake.fail(&phone_of(0), &OUTCOME_UNKNOWN, true);
    fake.fail(&phone_of(1), &OUTCOME_UNKNOWN, false);
    fake.fail(&phone_of(2), &BALANCE, false);
    world.create("bc_1", vec![sms()], &all, Class::Service);
    world.work();
    let sums = world.sums("bc_1");
    assert_eq!((sums.sent, sums.waiting, world.count("bc_1", End::Skipped, "no_phone")), (2, 3, 2));
    assert_eq!(world.read(|tx| world.direct.holds(tx))[0].channel, Channel::Sms);
    (0..5).for_each(|n| fake.heal(&phone_of(n)));
    world.pass(61);
    assert_eq!((world.sums("bc_1").sent, world.sums("bc_1").waiting), (5, 0));
    let kept = fake.kept();
    let numbers: BTreeSet<_> = kept.iter().map(|own| own.message.phone.clone()).collect();
    assert_eq!((kept.len(), numbers.len()), (5, 5));
    // By the number and the batch's id: others have the same id.
    let first = &kept[1];
    assert!(world.report(Channel::Sms, &first.out_id, Some(first.message.phone.e164()), Reported::Delivered));
    assert!(!world.report(Channel::Sms, &first.out_id, None, Reported::Delivered));
    assert!(!world.report(Channel::Sms, &first.out_id, Some("13700000000"), Reported::Delivered));
    let own = world.row("bc_1").delivery;
    assert_eq!((own.taken, own.delivered), (5, 2));
    assert_eq!(own.parts, 4, "the provider has not said what the one it was asked for was billed as");
}

fn has_subject(own: &siyu_mail::Built, subject: &str) -> bool {
    String::from_utf8_lossy(&own.bytes).contains(&format!("Subject: {subject}\r\n"))
}

fn the_rest_of_a_test_gets_what_was_chosen(t: TestDb) {
    let world = World::open(t);
    let all = world.people(120, 0);
    let named =
        |subject: &str| Content::Mail(MailContent { subject: subject.into(), text: "早".into(), html: String::new() });
    let test = Some(ContentTestIn { percent: 25, hours: 2, goal: Goal::Bought });
    world.create_testing("bc_1", vec![named("A"), named("B")], &all, Class::Service, test);
    world.work();
    let said = |subject: &str| world.mails().iter().filter(|own| has_subject(own, subject)).count();
    let (a, b) = (said("A"), said("B"));
    assert!((40..80).contains(&(a + b)) && a > 10 && b > 10, "{a} {b}");
    // Time alone lets nobody through.
    world.pass(86_000);
    assert_eq!((world.sums("bc_1").waiting as usize, said("A"), said("B")), (120 - a - b, a, b));
    let (gate, now) = (world.gate.clone(), world.now());
    world.act(move |tx| {
        gate.release(tx, "bc_1", now)?;
        tx.execute("UPDATE broadcast_test SET winner = 1, decided_at = $1", params![now])?;
        Ok(())
    });
    world.work();
    assert_eq!((world.sums("bc_1").sent, said("A"), said("B")), (120, a, 120 - a));
    let row = world.row("bc_1");
    assert_eq!((row.broadcast.variants[0].sent as usize, row.broadcast.variants[1].sent as usize), (a, 120 - a));
    assert_eq!(row.broadcast.test.and_then(|own| own.winner), Some(1));
}

fn many_are_asked_for_as_fast_as_the_provider_lets_us(t: TestDb) {
    let world = World::open(t);
    let all = world.people(250, 0);
    let fake = &world.carriers.sms;
    (0..250).for_each(|n| fake.fail(&phone_of(n), &siyu_sms::codes::OUTCOME_UNKNOWN, true));
    world.create("bc_1", vec![sms()], &all, Class::Service);
    world.work();
    assert_eq!(world.sums("bc_1").waiting, 250);
    fake.limit_looks(100);
    let mut left = Vec::new();
    for seconds in [61, 1, 1] {
        world.pass(seconds);
        left.push((world.sums("bc_1").waiting, fake.looks_now()));
    }
    // One is refused, and the others wait with it: nobody asks in vain for each of them.
    assert_eq!((left, fake.kept().len()), (vec![(150, 101), (50, 101), (0, 50)], 250));
}

fn a_process_that_ends_leaves_nobody_behind(t: TestDb) {
    let world = World::open(t);
    let all = world.people(5, 0);
    *world.carriers.falls.lock().unwrap() = 1;
    world.create("bc_sms", vec![sms()], &all, Class::Service);
    world.create("bc_mail", vec![mail()], &all, Class::Service);
    world.decide();
    let direct = world.direct.clone();
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| direct.work_sms())).is_err());
    // As if it had ended between the mark and the call.
    let now = world.now();
    world.act(move |tx| {
        let sql =
            "UPDATE direct_person SET state = 1, begun_at = $1, due_at = $2 WHERE message = 'bc_mail' AND num = $3";
        tx.execute(sql, params![now, now.plus_seconds(60), all[0]])?;
        Ok(())
    });
    world.work();
    assert_eq!((world.sums("bc_sms").waiting, world.sums("bc_mail").waiting), (5, 1));
    world.pass(61);
    assert_eq!(world.sums("bc_sms").sent, 5);
    assert_eq!(world.carriers.sms.kept().len(), 5);
    assert_eq!((world.sums("bc_mail").sent, world.count("bc_mail", End::Failed, "outcome_unknown")), (4, 1));
    assert_eq!(world.mails().len(), 4);
}

fn a_large_broadcast_is_approved_and_stops_when_it_fails(t: TestDb) {
    let world = World::open(t);
    let all = world.people(120, 0);
    let (gate, now) = (world.gate.clone(), world.now());
    world.act(move |tx| {
        let rules = siyu_gate::Rules { approval_above: 100, ..gate.rules(tx)?.rules };
        gate.save_rules(tx, &rules, None, "", "test", now)
    });
    world.create("bc_1", vec![mail(), mail()], &all, Class::Service);
    world.work();
    assert_eq!((world.sums("bc_1").waiting, world.row("bc_1").broadcast.approval.as_str()), (120, "needed"));
    let refused = |code: &str, result: Result<(), Refusal>| assert_eq!(result.unwrap_err().code, code);
    let direct = world.direct.clone();
    refused("broadcast_unapproved", world.db().transact(move |tx| direct.pause(tx, "bc_1", false, now)));
    let direct = world.direct.clone();
    refused("broadcast_own", world.db().transact(move |tx| direct.approve(tx, "bc_1", "usr_ann", "Ann", now)));
    (0..120).for_each(|n| world.carriers.mail.fail(&email_of(n), &siyu_mail::codes::POLICY_REFUSED, false));
    let direct = world.direct.clone();
    world.act(move |tx| direct.approve(tx, "bc_1", "usr_bob", "Bob", now));
    world.work();
    let row = world.row("bc_1").broadcast;
    assert_eq!(row.stopped.as_deref(), Some("error_rate"));
    let (sums, parts) = (world.sums("bc_1"), &row.variants);
    assert!((50..120).contains(&sums.failed) && sums.waiting > 0, "{sums:?}");
    assert!(parts.len() == 2 && parts.iter().all(|own| own.people > 30), "{parts:?}");
    (0..120).for_each(|n| world.carriers.mail.heal(&email_of(n)));
    let direct = world.direct.clone();
    world.act(move |tx| direct.pause(tx, "bc_1", false, now));
    world.work();
    assert_eq!((world.sums("bc_1").waiting, world.row("bc_1").broadcast.stopped), (0, None));
}

fn reports_without_our_id_are_matched(t: TestDb) {
    let world = World::open(t);
    let all = world.people(4, 0);
    world.create("bc_1", vec![sms()], &all, Class::Service);
    let told = |taken_as: &str, n: usize, what: Reported| {
        let (direct, now, taken_as, phone) = (world.direct.clone(), world.now(), taken_as.to_owned(), phone_of(n));
        world.act(move |tx| direct.reported_as(tx, &taken_as, phone.e164(), &what, now))
    };
    // Two are here before the provider has answered us: nobody knows yet that they are ours.
    let numbered = |n: usize| format!("fake-{}", n + 1);
    assert!(!told(&numbered(0), 0, Reported::Delivered));
    assert!(!told(&numbered(1), 1, Reported::Failed("MK:0001".into())));
    assert!(!told("stranger", 2, Reported::Delivered));
    world.work();
    // The fake counts them as they come to it.
    let kept = world.carriers.sms.kept();
    assert_eq!(kept[0].message.phone, phone_of(0));
    assert_eq!(kept[1].message.phone, phone_of(1));
    let own = world.row("bc_1").delivery;
    assert_eq!((own.delivered, own.bounced), (1, 1), "{own:?}");
    assert!(told(&numbered(2).to_uppercase(), 2, Reported::Delivered));
    assert!(told(&numbered(2), 2, Reported::Failed("late".into())), "known, and not taken back");
    assert!(!told(&numbered(2), 3, Reported::Delivered), "another number");
    assert!(!told("", 3, Reported::Delivered));
    let own = world.row("bc_1").delivery;
    assert_eq!((own.taken, own.delivered, own.bounced, world.sums("bc_1").sent), (4, 2, 1, 4), "{own:?}");
    // What was nobody's goes with the next day's.
    world.t.clock.advance_seconds(2 * 86_400);
    assert!(!told("another", 3, Reported::Delivered));
    assert_eq!(world.read(|tx| Ok(tx.one("SELECT COUNT(*) FROM direct_early", &[], |row| row.int(0))?)), 1);
}

fn erased_people_lead_nowhere(t: TestDb) {
    let world = World::open(t);
    let all = world.people(3, 0);
    world.create("bc_1", vec![sms()], &all[..2], Class::Service);
    world.work();
    world.create("bc_2", vec![sms()], &all[..2], Class::Service);
    world.decide();
    let (direct, gate, now, num) = (world.direct.clone(), world.gate.clone(), world.now(), all[0]);
    world.act(move |tx| {
        gate.forget(tx, &[num], now)?;
        direct.forget(tx, &[num])
    });
    world.work();
    assert_eq!((world.sums("bc_1").sent, world.sums("bc_2").sent), (2, 1));
    assert_eq!(world.count("bc_2", End::Skipped, "erased"), 1);
    let left =
        "SELECT COUNT(*) FROM direct_person WHERE num = $1 AND (address IS NOT NULL OR id <> '' OR taken_as <> '')";
    assert_eq!(world.read(|tx| Ok(tx.one(left, params![num], |row| row.int(0))?)), 0);
    let kept = world.carriers.sms.kept();
    assert!(!world.report(Channel::Sms, &kept[0].out_id, Some(phone_of(0).e164()), Reported::Delivered));
}

fn whatever_happens_everybody_has_one_end(t: TestDb) {
    let world = World::open(t);
    let all = world.people(60, 4);
    let chance = Chance::seeded(3);
    for (id, content) in [("bc_mail", mail()), ("bc_sms", sms())] {
        world.create(id, vec![content], &all, Class::Service);
    }
    for round in 0..60 {
        let n = chance.below(60) as usize;
        let but = chance.below(2) == 0;
        let mail = [
            &siyu_mail::codes::BUSY,
            &siyu_mail::codes::NO_MAILBOX,
            &siyu_mail::codes::OUTCOME_UNKNOWN,
            &siyu_mail::codes::AUTH_REFUSED,
            &siyu_mail::codes::DEFERRED,
        ][chance.below(5) as usize];
        let sms = [
            &siyu_sms::codes::BUSY,
            &siyu_sms::codes::PHONE_WRONG,
            &siyu_sms::codes::OUTCOME_UNKNOWN,
            &siyu_sms::codes::BALANCE,
        ][chance.below(4) as usize];
        // Only where the outcome is not known may it have been taken all the same.
        world.carriers.mail.fail(&email_of(n), mail, but && mail.name == "mail_outcome_unknown");
        world.carriers.sms.fail(&phone_of(n), sms, but && sms.name == "sms_outcome_unknown");
        let healed = chance.below(60) as usize;
        world.carriers.mail.heal(&email_of(healed));
        world.carriers.sms.heal(&phone_of(healed));
        *world.carriers.falls.lock().unwrap() = u32::from(round % 7 == 0);
        for _ in 0..chance.below(4) {
            let direct = world.direct.clone();
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || match chance_step(round) {
                0 => direct.work_gate(),
                1 => direct.work_mail(),
                _ => direct.work_sms(),
            }));
            for id in ["bc_mail", "bc_sms"] {
                assert_eq!(world.sums(id).people, 64);
            }
        }
        world.t.clock.advance_seconds(chance.below(120) as i64);
    }
    *world.carriers.falls.lock().unwrap() = 0;
    (0..60).for_each(|n| {
        world.carriers.mail.heal(&email_of(n));
        world.carriers.sms.heal(&phone_of(n));
    });
    for _ in 0..10 {
        world.pass(400);
    }
    let told = world.told();
    assert_eq!(told.len(), 128);
    for id in ["bc_mail", "bc_sms"] {
        assert_eq!(world.sums(id).waiting, 0, "{id}");
    }
    let mails: BTreeSet<_> = world.mails().iter().map(|own| own.to.clone()).collect();
    assert_eq!(mails.len(), world.mails().len(), "a mail went out twice");
    let sent = world.sums("bc_mail").sent + world.row("bc_mail").delivery.unknown;
    assert!((world.sums("bc_mail").sent..=sent).contains(&(mails.len() as i64)));
    let kept = world.carriers.sms.kept();
    let numbers: BTreeSet<_> = kept.iter().map(|own| own.message.phone.clone()).collect();
    assert_eq!((numbers.len(), numbers.len() as i64), (kept.len(), world.sums("bc_sms").sent), "an SMS went out twice");
}
fn chance_step(round: u32) -> u32 {
    use std::sync::atomic::{AtomicU32, Ordering};
    static STEP: AtomicU32 = AtomicU32::new(0);
    STEP.fetch_add(1 + round % 2, Ordering::SeqCst) % 3
}
