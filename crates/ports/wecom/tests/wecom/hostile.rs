//! Nothing from outside makes the callback side panic, hang or believe.

use crate::events::sealed;
use proptest::prelude::*;
use siyu_kernel::Time;
use siyu_wecom::callback::*;

const NOW: Time = Time(1_772_503_200_000_000);
const CLICK: &str = "<xml><ToUserName>ww7c1f0a93be52d846</ToUserName><MsgType>event</MsgType><Event>click</Event><EventKey>菜单 1</EventKey></xml>";

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_refused_quietly(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let (callback, query, _) = sealed(CLICK);
        prop_assert!(callback.receive(&query, &bytes, NOW).is_err());
        let _ = Event::read(&bytes);
    }

    /// Text that looks like XML gets further than random bytes.
    #[test]
    fn almost_xml_never_panics(parts in proptest::collection::vec(prop_oneof![
        Just("<xml>"), Just("</xml>"), Just("<a>"), Just("</a>"), Just("<a/>"), Just("<![CDATA["), Just("]]>"), Just("&lt;"), Just("&#0;"),
        Just("&#x110000;"), Just("&x;"), Just("<!DOCTYPE x>"), Just("<!--"), Just("-->"), Just("<?xml?>"), Just("<Encrypt>"), Just("x"), Just("\u{feff}"),
        Just("<MsgType>event</MsgType>"), Just("<ToUserName>w</ToUserName>"), Just("<CreateTime>99999999999999999999</CreateTime>"),
    ], 0..30)) {
        let text = parts.concat();
        let _ = Event::read(text.as_bytes()).map(|event| event.identity());
        let (callback, query, _) = sealed(CLICK);
        let _ = callback.receive(&query, text.as_bytes(), NOW);
    }

    /// One flipped bit anywhere in what is signed or sealed: refused, as what it is.
    #[test]
    fn a_flipped_bit_is_noticed(at in any::<prop::sample::Index>(), bit in 0..8u8) {
        let (callback, query, body) = sealed(CLICK);
        let mut bytes = body.clone().into_bytes();
        let start = body.find("<Encrypt><![CDATA[").unwrap() + 18;
        let length = body[start..].find("]]>").unwrap();
        bytes[start + at.index(length)] ^= 1 << bit;
        let error = callback.receive(&query, &bytes, NOW).unwrap_err();
        prop_assert!(matches!(error, CallbackError::SignatureWrong | CallbackError::NotXml(_) | CallbackError::ForeignEntity), "{error:?}");
    }

    /// The attacker can even sign: without the key the ciphertext is noticed, and never a wrong message believed for ours.
    #[test]
    fn a_signed_but_changed_ciphertext_is_noticed(at in any::<prop::sample::Index>(), bit in 0..8u8) {
        let (callback, query, _) = sealed(CLICK);
        let mut bytes = query.echo.clone().into_bytes();
        let place = at.index(bytes.len());
        bytes[place] ^= 1 << bit;
        let Ok(changed) = String::from_utf8(bytes) else { return Ok(()) };
        let signed = Query { signature: signature("TOKEN", &query.timestamp, &query.nonce, &changed), echo: changed.clone(), ..query.clone() };
        match callback.verify_url(&signed, NOW) {
            // CBC lets a flip in the random prefix or the message through as a garbled message; the receiver and the length still hold.
            Ok(message) => prop_assert!(message.len() == CLICK.len()),
            Err(error) => prop_assert!(matches!(error, CallbackError::Tampered(_) | CallbackError::OtherReceiver), "{error:?}"),
        }
    }

    #[test]
    fn every_message_comes_through_the_cipher(message in ".{0,300}", random in any::<[u8; 16]>(), receiver in "[a-z0-9]{0,40}") {
        let key = Key::parse("kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR").unwrap();
        let sealed = key.seal(message.as_bytes(), &receiver, random);
        prop_assert_eq!(key.open(&sealed, &receiver).unwrap(), message.as_bytes());
        prop_assert_eq!(key.open(&sealed, &format!("{receiver}x")), Err(CallbackError::OtherReceiver));
    }
}

#[test]
fn entity_bombs_and_outside_entities_are_refused() {
    let bomb = r#"<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><xml><ToUserName>&b;</ToUserName></xml>"#;
    let outside = r#"<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><ToUserName>&f;</ToUserName></xml>"#;
    let undeclared = "<xml><ToUserName>&f;</ToUserName></xml>";
    for text in [bomb, outside, undeclared] {
        assert_eq!(Event::read(text.as_bytes()).unwrap_err(), CallbackError::ForeignEntity, "{text}");
        // Inside the envelope and sealed by somebody who has the key, as well.
        let (callback, query, _) = sealed(CLICK);
        assert!(callback.receive(&query, text.as_bytes(), NOW).is_err());
        let (callback, query, body) = sealed(text);
        assert_eq!(callback.receive(&query, body.as_bytes(), NOW).unwrap_err(), CallbackError::ForeignEntity);
    }
}

#[test]
fn giants_are_refused_by_size_depth_and_number() {
    let (callback, query, _) = sealed(CLICK);
    let size = vec![b' '; BYTES_MAX + 1];
    assert_eq!(callback.receive(&query, &size, NOW).unwrap_err(), CallbackError::TooLarge(size.len()));
    assert_eq!(Event::read("<a>".repeat(300_000).as_bytes()).unwrap_err(), CallbackError::TooDeep);
    let many = format!("<xml>{}</xml>", "<a/>".repeat(100_000));
    assert_eq!(Event::read(many.as_bytes()).unwrap_err(), CallbackError::TooMany);
}

#[test]
fn every_refusal_has_its_code() {
    let (callback, query, body) = sealed(CLICK);
    let code = |query: &Query, body: &str| callback.receive(query, body.as_bytes(), NOW).unwrap_err().code();
    assert_eq!(code(&Query::default(), &body), "query_missing");
    assert_eq!(code(&Query { nonce: "other".into(), ..query.clone() }, &body), "signature_wrong");
    assert_eq!(code(&query, "<xml><ToUserName>x</ToUserName></xml>"), "field_missing");
    assert_eq!(code(&query, "hello"), "not_xml");
    assert_eq!(code(&query, "{\"encrypt\": 1}"), "field_missing");
    let other = Callback::new("TOKEN", "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", "wwother").unwrap();
    assert_eq!(other.receive(&query, body.as_bytes(), NOW).unwrap_err().code(), "other_receiver");
    let wrong_key =
        Callback::new("TOKEN", "lUsDFLO2DKBdCAEuifuTUp0nd8gsFDkSu4zfbAHog7M", "ww7c1f0a93be52d846").unwrap();
    assert_eq!(wrong_key.receive(&query, body.as_bytes(), NOW).unwrap_err().code(), "tampered");
    assert_eq!(Callback::new("TOKEN", "short", "ww").err().unwrap().code(), "key_wrong");
}
