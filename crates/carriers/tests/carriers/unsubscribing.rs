use crate::world::{World, migrations};
use siyu_carriers::*;
use siyu_direct::Carriers;
use siyu_gate::Channel;
use siyu_testkit::{TestDb, contract};

contract!(migrations();
    a_token_names_a_person_and_nobody_else_can_make_one,
    saying_it_changes_the_ledger_once,
    merged_people_and_erased_ones,
    the_address_of_this_server,
);

fn a_token_names_a_person_and_nobody_else_can_make_one(t: TestDb) {
    let world = World::new(t);
    let token = world.own.token(Channel::Email, 7);
    assert_eq!(token, world.own.token(Channel::Email, 7), "a mail is the same at every attempt");
    assert_eq!(world.own.token_of(&token).unwrap(), (Channel::Email, 7));
    assert_eq!(world.own.token_of(&world.own.token(Channel::Sms, u32::MAX)).unwrap(), (Channel::Sms, u32::MAX));
    assert!(token.len() == 42 && !token.ends_with("0000000007"));
    // The number cannot be seen: neighbours have nothing in common.
    let other = world.own.token(Channel::Email, 8);
    assert!(token.bytes().zip(other.bytes()).filter(|(a, b)| a == b).count() < 16);
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        let forged = String::from_utf8(bytes).unwrap();
        assert_eq!(world.own.token_of(&forged).unwrap_err().code, "unsubscribe_unknown");
    }
    for bad in [
        "",
        "0",
        "zz",
        &token[..40],
        &format!("{token}00"),
        &token.to_uppercase(),
        &"0".repeat(42),
        "../../etc",
        &"a".repeat(100_000),
    ] {
        if bad != token {
            assert_eq!(world.own.token_of(bad).unwrap_err().code, "unsubscribe_unknown");
        }
    }
    // The same person of another workspace has another one.
    let vault = siyu_kernel::Vault::from_key([8; 32]);
    assert_ne!(
        vault.sign("unsubscribe", &[0, 0, 0, 0, 7])[..4],
        world.own.token_of(&token).map(|_| token.as_bytes()[..4].to_vec()).unwrap()[..]
    );
}

fn say(world: &World, token: &str, wanted: bool, how: How) -> Standing {
    let token = token.to_owned();
    world.act(move |own, tx, now| own.say(tx, &token, wanted, how, now))
}

fn saying_it_changes_the_ledger_once(t: TestDb) {
    let world = World::new(t);
    let num = world.person("email", "ann@example.com");
    let token = world.own.token(Channel::Email, num);
    let standing = |world: &World| world.read(|own, tx| own.standing(tx, &token)).withdrawn;
    assert!(!standing(&world) && world.ledger(num, "email") == (None, 0), "looking changes nothing");
    assert!(say(&world, &token, false, How::OneClick).withdrawn && standing(&world));
    say(&world, &token, false, How::Page);
    assert_eq!(world.ledger(num, "email"), (Some(true), 1));
    assert_eq!(world.ledger(num, "sms"), (None, 0));
    say(&world, &token, true, How::Page);
    assert_eq!(world.ledger(num, "email"), (Some(false), 2));
    let consents = world.read(|_, tx| Ok(world.people.consents(tx, &[num])?));
    let told: Vec<_> =
        consents.iter().map(|own| (own.source.as_str(), own.by.as_str(), own.purpose.as_str())).collect();
    assert_eq!(told, [("unsubscribe_page", "customer", "marketing"), ("one_click", "customer", "marketing")]);
}

fn merged_people_and_erased_ones(t: TestDb) {
    let world = World::new(t);
    let (ann, bea) = (world.person("email", "ann@example.com"), world.person("phone", "13800000001"));
    let token = world.own.token(Channel::Email, bea);
    let (people, now) = (world.people.clone(), world.now());
    world.db.transact(move |tx| people.merge(tx, ann, bea, "test", now)).unwrap();
    say(&world, &token, false, How::Page);
    let root = world.read(|_, tx| Ok(world.people.roots(tx, &[ann, bea])?));
    assert!(root[0] == root[1] && world.ledger(ann, "email") == (Some(true), 1));
    assert!(world.read(|own, tx| own.standing(tx, &world.own.token(Channel::Email, ann))).withdrawn);
    let people = world.people.clone();
    world.db.transact(move |tx| people.erase(tx, root[0]).map(drop)).unwrap();
    // The page is the same for everybody; nothing is written of somebody who is gone.
    assert!(say(&world, &token, false, How::Page).withdrawn);
    assert_eq!(world.ledger(ann, "email").1, 0);
    // Somebody who never was.
    say(&world, &world.own.token(Channel::Email, 4_000_000), false, How::Page);
}

fn the_address_of_this_server(t: TestDb) {
    let world = World::new(t);
    let link = || world.read(|own, tx| own.unsubscribe(tx, Channel::Email, 7)).unwrap();
    let token = world.own.token(Channel::Email, 7);
    assert_eq!(link(), format!("https://shop.example.com/u/{token}"));
    let set = |text: &str| {
        let text = text.to_owned();
        world.attempt(move |own, tx, _| own.set_address(tx, &text)).map_err(|refusal| refusal.code)
    };
    set("https://news.example.com:8443/").unwrap();
    assert_eq!(link(), format!("https://news.example.com:8443/u/{token}"));
    for bad in [
        "http://news.example.com",
        "https://",
        "https://a/b",
        "https://a b",
        "https://user@a",
        "https://a:0",
        "javascript:alert(1)",
    ] {
        assert_eq!(set(bad), Err("unsubscribe_address"), "{bad}");
    }
    set("").unwrap();
    assert_eq!(link(), format!("https://shop.example.com/u/{token}"));
}
