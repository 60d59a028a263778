//! The doctor, against what goes wrong.

use crate::brand::{Brand, MIGRATIONS};
use siyu_contacts::{ConnectionIn, Health};
use siyu_sandbox::Scale;
use siyu_testkit::TestDb;
use std::collections::BTreeMap;

siyu_testkit::contract!(MIGRATIONS; each_fault_is_named);

fn checks(brand: &Brand) -> BTreeMap<&'static str, (Health, String, String)> {
    let found = brand.contacts.diagnose().unwrap();
    assert!(found.iter().all(|own| (own.health == Health::Ok) == own.remedy.0.is_empty()), "{found:?}");
    assert!(found.iter().all(|own| own.remedy.0.is_empty() == own.remedy.1.is_empty()), "{found:?}");
    found.into_iter().map(|own| (own.key, (own.health, own.detail.0, own.remedy.0))).collect()
}

fn set(brand: &Brand, input: ConnectionIn) {
    let (contacts, now) = (brand.contacts.clone(), brand.now());
    brand.act(move |tx| contacts.connect(tx, &input, now));
}

fn each_fault_is_named(t: TestDb) {
    let brand = Brand::quiet(t, Scale::TINY);
    let found = checks(&brand);
    for key in [
        "wecom_network",
        "wecom_app_secret",
        "wecom_agent",
        "wecom_trusted_ip",
        "wecom_scope_contacts",
        "wecom_scope_customers",
        "wecom_scope_tags",
        "wecom_scope_groups",
    ] {
        assert_eq!(found[key].0, Health::Ok, "{key} {found:?}");
    }
    assert_eq!((found["wecom_callback"].0, found["wecom_sync"].0), (Health::Fail, Health::Warn));
    brand.take_callbacks();
    assert_eq!(checks(&brand)["wecom_callback"].0, Health::Warn);
    brand.sync();
    assert_eq!(checks(&brand)["wecom_sync"].0, Health::Ok);
    brand.world(|world| world.rename_group(0, "x"));
    brand.settle();
    let found = checks(&brand);
    assert_eq!((found["wecom_callback"].0, found["wecom_clock"].0), (Health::Ok, Health::Ok));

    // A Token that is not WeCom's.
    let wrong = "msg_signature=0000000000000000000000000000000000000000&timestamp=1&nonce=n";
    brand.pass(1);
    let _ = brand.contacts.open_callback(wrong, b"<xml><Encrypt>AAAA</Encrypt></xml>");
    let mut found = checks(&brand);
    for _ in 0..500 {
        if found["wecom_callback"].0 == Health::Fail {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
        found = checks(&brand);
    }
    assert!(found["wecom_callback"].2.contains("Token"), "{found:?}");

    brand.faults("60020=1");
    let found = checks(&brand);
    assert_eq!(found["wecom_trusted_ip"].0, Health::Fail);
    assert!(found["wecom_trusted_ip"].2.contains("企业可信IP"), "{found:?}");
    brand.faults("");

    set(&brand, ConnectionIn { app_secret: Some("wrong".into()), ..ConnectionIn::default() });
    let found = checks(&brand);
    assert_eq!((found["wecom_app_secret"].0, found["wecom_network"].0), (Health::Fail, Health::Ok));
    assert!(!found.contains_key("wecom_agent"));

    set(&brand, ConnectionIn { base: Some("http://127.0.0.1:9".into()), ..brand.input() });
    let found = checks(&brand);
    assert_eq!(found["wecom_network"].0, Health::Fail, "{found:?}");
}
