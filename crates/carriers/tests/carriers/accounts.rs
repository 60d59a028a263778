use crate::world::{LinesOf, World, accounts, letter, mail_in, migrations, sms_in};
use siyu_carriers::*;
use siyu_direct::Carriers;
use siyu_mail::{Address, codes};
use siyu_sms::{Batch, Class, Message, Phone};
use siyu_testkit::{TestDb, contract};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A field, and what makes it wrong.
type Change<'a, T> = (&'a str, &'a dyn Fn(&mut T));

contract!(migrations();
    secrets_are_sealed_and_stay,
    a_password_goes_to_no_other_server,
    wrong_settings_are_refused,
    every_save_is_a_version,
    what_is_built_is_kept_until_settings_change,
    a_refused_login_rests_and_says_so,
    a_refused_key_of_sms_rests,
    what_was_rolled_back_is_not_kept,
    templates_are_checked,
    keys_for_dkim,
);

fn secrets_are_sealed_and_stay(t: TestDb) {
    let world = World::new(t);
    let saved = world.save_mail(mail_in()).unwrap();
    assert!((saved.version, saved.has_password) == (1, true) && !format!("{saved:?}").contains("right password"));
    let sms = world.save_sms(sms_in()).unwrap();
    assert_eq!((sms.key_id.as_str(), sms.has_secret, sms.push.len()), ("…Id01", true, 40));
    assert!(!format!("{sms:?}{:?}{:?}", sms_in(), mail_in()).contains("ExampleSecret"));
    let stored: Vec<(String, Vec<u8>)> = world.read(|_, tx| {
        let mut all =
            tx.query("SELECT body, secrets FROM carrier_account", &[], |row| Ok((row.text(0)?, row.blob(1)?)))?;
        let more =
            tx.query("SELECT body, secrets FROM carrier_revision", &[], |row| Ok((row.text(0)?, row.text(1)?)))?;
        all.extend(more.into_iter().map(|(body, set)| (body, set.into_bytes())));
        Ok(all)
    });
    for (body, secrets) in stored {
        let whole = format!("{body}{}", String::from_utf8_lossy(&secrets));
        for secret in ["right password", "ExampleSecret", "LTAI4GExample", &sms.push] {
            assert!(!whole.contains(secret), "{whole}");
        }
    }
    // Absent secrets stay, other fields change.
    let mut input = mail_in();
    (input.password, input.account.from_name) = (None, "二店".into());
    let saved = world.save_mail(input.clone()).unwrap();
    assert!((saved.version, saved.has_password) == (2, true) && saved.account.from_name == "二店");
    input.version = Some(1);
    assert_eq!(world.save_mail(input).unwrap_err().code, "account_changed");
    let again = world.save_sms(SmsIn { key_id: None, key_secret: None, ..sms_in() }).unwrap();
    assert_eq!((again.key_id.as_str(), again.push == sms.push), ("…Id01", true));
    let renewed = world.save_sms(SmsIn { renew_push: true, ..sms_in() }).unwrap();
    assert_ne!(renewed.push, sms.push);
    // Keys of one provider are none of the other's.
    let mut other = SmsIn { key_id: None, key_secret: None, ..sms_in() };
    (other.account.provider, other.account.app_id) = ("tencent".into(), "1400006666".into());
    assert_eq!(world.save_sms(other).unwrap_err().field.as_deref(), Some("key_id"));
}

fn a_password_goes_to_no_other_server(t: TestDb) {
    let world = World::new(t);
    world.save_mail(mail_in()).unwrap();
    let change: [fn(&mut MailAccount); 5] = [
        |own| own.host = "evil.example".into(),
        |own| own.port = 2525,
        |own| own.security = Security::Starttls,
        |own| own.user = "other@example.com".into(),
        |own| own.authority = "-----BEGIN CERTIFICATE-----".into(),
    ];
    for change in change {
        let mut input = MailIn { password: None, ..mail_in() };
        change(&mut input.account);
        assert_eq!(world.save_mail(input.clone()).unwrap_err().code, "mail_password_again");
        input.password = Some("another".into());
        assert!(world.save_mail(input).is_ok());
        world.save_mail(mail_in()).unwrap();
    }
    // Who goes without a login leaves the password behind.
    let mut input = mail_in();
    (input.account.user, input.password) = (String::new(), Some(String::new()));
    assert!(!world.save_mail(input).unwrap().has_password);
    assert_eq!(world.save_mail(MailIn { password: None, ..mail_in() }).unwrap_err().field.as_deref(), Some("password"));
}

fn wrong_settings_are_refused(t: TestDb) {
    let world = World::new(t);
    let long = "n".repeat(101);
    let mail: [Change<'_, MailAccount>; 19] = [
        ("host", &|own| own.host = "".into()),
        ("host", &|own| own.host = "169.254.169.254".into()),
        ("host", &|own| own.host = "smtp.example.com\r\nRCPT TO:<x>".into()),
        ("port", &|own| own.port = 0),
        ("security", &|own| own.security = Security::None),
        ("user", &|own| own.user = "a\r\nb".into()),
        ("hello", &|own| own.hello = "a b".into()),
        ("authority", &|own| own.authority = "hello".into()),
        ("per_minute", &|own| own.per_minute = 0),
        ("domain_per_minute", &|own| own.domain_per_minute = 100_001),
        ("from", &|own| own.from = "shop".into()),
        ("from", &|own| own.from = "shop@example.com\r\nBcc: all@example.com".into()),
        ("from_name", &|own| own.from_name = "a\r\nBcc: all@example.com".into()),
        ("from_name", &|own| own.from_name = long.clone()),
        ("reply_to", &|own| own.reply_to = "a@b".into()),
        ("bounce", &|own| own.bounce = "bounce+x@example.com".into()),
        ("bounce", &|own| own.bounce = "a-very-long-bounce-mailbox@example.com".into()),
        ("dkim_selector", &|own| own.dkim_domain = "example.com".into()),
        ("dkim_key", &|own| (own.dkim_domain, own.dkim_selector) = ("example.com".into(), "s1".into())),
    ];
    for (field, change) in mail {
        let mut input = mail_in();
        change(&mut input.account);
        let refusal = world.save_mail(input).expect_err(field);
        assert_eq!((refusal.code, refusal.field.as_deref()), ("mail_account", Some(field)));
        assert!(!format!("{refusal}{}", refusal.zh).contains("right password"));
    }
    let sms: [Change<'_, SmsIn>; 9] = [
        ("provider", &|own| own.account.provider = "other".into()),
        ("sign", &|own| own.account.sign = "【店】".into()),
        ("base", &|own| own.account.base = "https://evil.example".into()),
        ("base", &|own| own.account.base = "http://10.0.0.1".into()),
        ("blocks", &|own| own.account.blocks = vec!["1.2.3.4/99".into()]),
        ("key_id", &|own| own.key_id = Some(String::new())),
        ("key_secret", &|own| own.key_secret = Some("a\r\nb".into())),
        ("app_id", &|own| own.account.provider = "tencent".into()),
        ("region", &|own| {
            own.account.provider = "tencent".into();
            (own.account.app_id, own.account.region) = ("1400006666".into(), "mars".into());
        }),
    ];
    for (field, change) in sms {
        let mut input = sms_in();
        change(&mut input);
        let refusal = world.save_sms(input).expect_err(field);
        assert_eq!((refusal.code, refusal.field.as_deref()), ("sms_account", Some(field)));
    }
    assert!(world.read(|own, tx| own.status(tx)).mail.is_none(), "what is refused leaves nothing");
}

fn every_save_is_a_version(t: TestDb) {
    let world = World::new(t);
    assert_eq!(world.attempt(|own, tx, now| own.remove_mail(tx, "ann", now)).unwrap_err().code, "mail_account_unset");
    assert_eq!(world.attempt(|own, tx, now| own.remove_sms(tx, "ann", now)).unwrap_err().code, "sms_account_unset");
    world.save_mail(mail_in()).unwrap();
    world.act(|own, tx, now| own.remove_mail(tx, "bea", now));
    assert_eq!(world.db.read(|tx| world.own.mail_account(tx)).unwrap_err().code, "mail_account_unset");
    assert_eq!(world.save_mail(mail_in()).unwrap().version, 3);
    let rows = world.read(|own, tx| own.revisions(tx, Kind::Mail, 10));
    let told: Vec<_> =
        rows.iter().map(|own| (own.version, own.body.is_empty(), own.secrets.clone(), own.by.as_str())).collect();
    let set = vec!["password".to_owned()];
    assert_eq!(told, [(3, false, set.clone(), "ann"), (2, true, vec![], "bea"), (1, false, set, "ann")]);
}

fn what_is_built_is_kept_until_settings_change(t: TestDb) {
    let world = World::new(t);
    assert!(world.read(|own, tx| own.mail(tx)).is_none() && world.read(|own, tx| own.sms(tx)).is_none());
    world.save_mail(mail_in()).unwrap();
    let before = world.lines.built.load(Ordering::SeqCst);
    let built = || world.lines.built.load(Ordering::SeqCst) - before;
    let (one, two) = (world.read(|own, tx| own.mail(tx)).unwrap(), world.read(|own, tx| own.mail(tx)).unwrap());
    assert!(Arc::ptr_eq(&one.mailer, &two.mailer) && built() == 1);
    assert_eq!((one.from.name(), one.from.address.as_str()), ("一店", "shop@example.com"));
    let path = one.return_path.unwrap();
    // Another process changes a setting; this one takes it up, and addresses given out before still hold.
    let (other, _) = accounts(&world.t.second(), &world.t, Arc::new(LinesOf(world.lines.clone())));
    let mut input = mail_in();
    (input.password, input.account.reply_to) = (None, "help@example.com".into());
    let (own, now) = (other.clone(), world.now());
    let second = world.t.second();
    second.transact(move |tx| own.save_mail(tx, &input, "ann", now)).unwrap();
    let three = world.read(|own, tx| own.mail(tx)).unwrap();
    assert!(!Arc::ptr_eq(&one.mailer, &three.mailer) && three.reply_to.is_some());
    assert_eq!(three.return_path.unwrap().address("msg_1"), path.address("msg_1"));
    // Switched off.
    let mut input = MailIn { password: None, ..mail_in() };
    input.account.on = false;
    world.save_mail(input).unwrap();
    assert!(world.read(|own, tx| own.mail(tx)).is_none());
    let mut input = sms_in();
    world.save_sms(sms_in()).unwrap();
    assert_eq!(world.read(|own, tx| own.sms(tx)).unwrap().sign, "一店");
    input.account.on = false;
    world.save_sms(input).unwrap();
    assert!(world.read(|own, tx| own.sms(tx)).is_none());
}

fn a_refused_login_rests_and_says_so(t: TestDb) {
    let world = World::new(t);
    world.save_mail(mail_in()).unwrap();
    let to = Address::parse("ann@example.com").unwrap();
    world.lines.mail.fail(&to, &codes::AUTH_REFUSED, false);
    let carrier = world.read(|own, tx| own.mail(tx)).unwrap();
    assert_eq!(carrier.mailer.send(&letter("ann@example.com")).unwrap_err().name(), "mail_auth_refused");
    // Whoever still holds the carrier does not knock again either, whomever the mail is for.
    assert_eq!(carrier.mailer.send(&letter("bea@example.com")).unwrap_err().name(), "mail_auth_refused");
    assert!(world.lines.mail.kept().is_empty() && world.read(|own, tx| own.mail(tx)).is_none());
    let status = world.read(|own, tx| own.status(tx)).mail.unwrap();
    assert_eq!(status.trouble.as_deref(), Some("mail_auth_refused"));
    let found = world.read(|own, tx| own.diagnose(tx));
    let own = found.iter().find(|own| own.key == "mail_account").unwrap();
    assert!(own.detail.1.contains("不会丢失") && own.remedy.1.contains("授权码"), "{own:?}");
    // After a while one is tried; that it is taken ends the trouble.
    world.t.clock.advance_seconds(601);
    world.lines.mail.heal(&to);
    let carrier = world.read(|own, tx| own.mail(tx)).unwrap();
    assert!(carrier.mailer.send(&letter("ann@example.com")).is_ok());
    let status = world.read(|own, tx| own.status(tx)).mail.unwrap();
    assert_eq!((status.trouble, status.checked_at), (None, Some(world.now())));
    // A refused message is no trouble of the account.
    world.lines.mail.fail(&to, &codes::NO_MAILBOX, false);
    assert_eq!(carrier.mailer.send(&letter("ann@example.com")).unwrap_err().name(), "mail_no_mailbox");
    assert!(world.read(|own, tx| own.mail(tx)).is_some());
    // New settings are tried at once, and so is what a check found well.
    world.lines.mail.fail(&to, &codes::AUTH_REFUSED, false);
    assert!(carrier.mailer.send(&letter("ann@example.com")).is_err());
    assert!(world.own.check_mail().unwrap().is_empty());
    assert!(world.read(|own, tx| own.mail(tx)).is_some());
    assert!(carrier.mailer.send(&letter("ann@example.com")).is_err() && world.read(|own, tx| own.mail(tx)).is_none());
    world.save_mail(mail_in()).unwrap();
    assert!(world.read(|own, tx| own.mail(tx)).is_some());
}

fn a_refused_key_of_sms_rests(t: TestDb) {
    let world = World::new(t);
    world.save_sms(sms_in()).unwrap();
    *world.lines.sms.lock().unwrap() = r#"{"Code":"isv.AMOUNT_NOT_ENOUGH","Message":"no","RequestId":"R"}"#.into();
    let messages =
        |n: u64| vec![Message { phone: Phone::parse(&format!("1380000000{n}")).unwrap(), params: Vec::new() }];
    let send = |n: u64| {
        let carrier = world.read(|own, tx| own.sms(tx)).unwrap();
        let own = messages(n);
        let batch = Batch { sign: "一店", template: "SMS_1", class: Class::Notice, out_id: "o1", messages: &own };
        let outcome = carrier.sms.send(&batch).remove(0).outcome;
        (outcome.map(drop).map_err(|error| error.name()), carrier)
    };
    let (outcome, carrier) = send(1);
    assert_eq!(outcome, Err("sms_balance"));
    let own = messages(2);
    let batch = Batch { sign: "一店", template: "SMS_1", class: Class::Notice, out_id: "o2", messages: &own };
    assert_eq!(carrier.sms.send(&batch).remove(0).outcome.unwrap_err().name(), "sms_balance");
    assert_eq!(world.lines.asked.load(Ordering::SeqCst), 1, "the second is not asked for");
    assert!(world.read(|own, tx| own.sms(tx)).is_none());
    assert_eq!(world.read(|own, tx| own.status(tx)).sms.unwrap().trouble.as_deref(), Some("sms_balance"));
    *world.lines.sms.lock().unwrap() = r#"{"Code":"OK","Message":"OK","BizId":"1^0","RequestId":"R"}"#.into();
    world.t.clock.advance_seconds(601);
    assert_eq!(send(3).0, Ok(()));
    assert_eq!(world.read(|own, tx| own.status(tx)).sms.unwrap().trouble, None);
}

/// A unit that came to nothing had the same version as the next one.
fn what_was_rolled_back_is_not_kept(t: TestDb) {
    let world = World::new(t);
    let input = mail_in();
    let gone = world.attempt(move |own, tx, now| {
        own.save_mail(tx, &input, "ann", now)?;
        assert!(own.mail(tx)?.is_some());
        Err::<(), _>(siyu_kernel::Refusal::busy())
    });
    assert_eq!(gone.unwrap_err().code, "busy");
    let mut input = mail_in();
    input.account.from_name = "二店".into();
    assert_eq!(world.save_mail(input).unwrap().version, 1);
    assert_eq!(world.read(|own, tx| own.mail(tx)).unwrap().from.name(), "二店");
}

fn templates_are_checked(t: TestDb) {
    let world = World::new(t);
    let good = TemplateIn {
        name: "到货".into(),
        provider: "aliyun".into(),
        code: "SMS_123456789".into(),
        sign: "一店".into(),
        text: "${name}，您关注的商品已到货，拒收请回复R".into(),
        class: "marketing".into(),
    };
    let change: [Change<'_, TemplateIn>; 8] = [
        ("name", &|own| own.name = " ".into()),
        ("name", &|own| own.name = "a\nb".into()),
        ("provider", &|own| own.provider = "x".into()),
        ("class", &|own| own.class = "x".into()),
        ("code", &|own| own.code = "1234".into()),
        ("sign", &|own| own.sign = "x".into()),
        ("text", &|own| own.text = "${name".into()),
        ("text", &|own| own.text = "没有那句话".into()),
    ];
    for (field, change) in change {
        let mut input = good.clone();
        change(&mut input);
        let refusal = world.attempt(move |own, tx, now| own.add_template(tx, &input, "ann", now)).expect_err(field);
        assert_eq!((refusal.code, refusal.field.as_deref()), ("sms_template", Some(field)));
    }
    let input = good.clone();
    let made = world.act(move |own, tx, now| own.add_template(tx, &input, "ann", now));
    assert_eq!(made.template.places().unwrap(), ["name"]);
    let id = made.id.clone();
    let whole = world.read(|own, tx| own.template(tx, &id));
    assert_eq!((whole.code.as_str(), whole.class), ("SMS_123456789", Class::Marketing));
    let (input, id) = (TemplateIn { name: "补货".into(), ..good }, made.id.clone());
    assert_eq!(world.act(move |own, tx, now| own.change_template(tx, &id, &input, now)).name, "补货");
    // Somebody uses it.
    let id = made.id.clone();
    world.act(move |_, tx, _| {
        Ok(tx.execute("INSERT INTO setting (name, value) VALUES ($1, '')", siyu_db::params![&id])?)
    });
    assert_eq!(world.read(|own, tx| own.sms_templates(tx))[0].uses, 1);
    let remove = |id: &str| {
        let id = id.to_owned();
        world.attempt(move |own, tx, _| own.remove_template(tx, &id).map(drop))
    };
    assert_eq!(remove(&made.id).unwrap_err().code, "sms_template_used");
    world.act(|_, tx, _| Ok(tx.execute("DELETE FROM setting", &[])?));
    assert!(remove(&made.id).is_ok());
    assert_eq!(remove(&made.id).unwrap_err().code, "sms_template_unknown");
    let id = made.id;
    assert_eq!(world.db.read(|tx| world.own.template(tx, &id)).unwrap_err().code, "sms_template_unknown");
}

fn keys_for_dkim(t: TestDb) {
    let world = World::new(t);
    let key = siyu_mail::Dkim::generate().unwrap();
    let own = key.clone();
    let set = move |own: &Accounts, tx: &mut siyu_db::Tx<'_>, now, key: &str| {
        own.set_dkim(tx, "example.com", "s1", key, "ann", now)
    };
    let early = world.attempt(move |accounts, tx, now| set(accounts, tx, now, &own));
    assert_eq!(early.unwrap_err().code, "mail_account_unset");
    world.save_mail(mail_in()).unwrap();
    let own = key.clone();
    let saved = world.act(move |accounts, tx, now| set(accounts, tx, now, &own));
    let (name, text) = saved.dkim.clone().unwrap();
    assert!(name == "s1._domainkey.example.com" && text.starts_with("v=DKIM1; k=rsa; p=") && saved.has_password);
    assert!(!format!("{saved:?}").contains("PRIVATE KEY"));
    assert!(world.read(|own, tx| own.mail(tx)).unwrap().dkim.is_some());
    // The key stays when other things change, and goes with its domain.
    let mut input = MailIn { account: saved.account, ..MailIn::default() };
    input.account.from_name = "x".into();
    assert_eq!(world.save_mail(input.clone()).unwrap().dkim, saved.dkim);
    (input.account.dkim_domain, input.account.dkim_selector) = (String::new(), String::new());
    assert_eq!(world.save_mail(input.clone()).unwrap().dkim, None);
    (input.account.dkim_domain, input.account.dkim_selector) = ("example.com".into(), "s1".into());
    assert_eq!(world.save_mail(input).unwrap_err().field.as_deref(), Some("dkim_key"));
}
