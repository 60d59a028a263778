//! The catalogue: every sample is read to what it says; identities, staleness and replies.

use siyu_kernel::Time;
use siyu_wecom::callback::*;
use std::collections::BTreeMap;

const CORP: &str = "ww7c1f0a93be52d846";
const KEY: &str = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR";
const NOW: Time = Time(1_772_503_200_000_000);

fn event(inner: &str) -> Event {
    let xml = format!(
        "<xml><ToUserName>{CORP}</ToUserName><FromUserName>sys</FromUserName><CreateTime>1772503200</CreateTime>\
         <MsgType>event</MsgType>{inner}</xml>"
    );
    Event::read(xml.as_bytes()).unwrap()
}

pub fn sealed(message: &str) -> (Callback, Query, String) {
    let callback = Callback::new("TOKEN", KEY, CORP).unwrap();
    let body = callback.seal(message, "1772503200", "nonce", [7; 16]);
    let part =
        |name: &str| body.split_once(&format!("<{name}><![CDATA[")).unwrap().1.split_once("]]>").unwrap().0.to_owned();
    let query = Query {
        signature: part("MsgSignature"),
        timestamp: "1772503200".into(),
        nonce: "nonce".into(),
        echo: part("Encrypt"),
    };
    (callback, query, body)
}

#[test]
fn every_sample_is_known_and_says_what_its_name_says() {
    let Some(folder) = siyu_testkit::samples_dir("wecom/callbacks") else { return };
    let mut identities = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if name.starts_with('_') {
            continue;
        }
        let event = Event::read(&std::fs::read(&path).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_ne!(event.what, Happened::Unknown, "{name}");
        assert_eq!((event.corp_id.as_str(), event.at), (CORP, Some(NOW)), "{name}");
        let parts: Vec<&str> = name.split('.').collect();
        match parts[0] {
            "event" | "message" => assert_eq!(event.name, parts[1], "{name}"),
            "suite_form" => assert_eq!(event.suite_id.as_deref(), Some("wwsuite0000000001")),
            _ => assert_eq!((event.name.as_str(), event.change.as_str()), (parts[0], parts[1]), "{name}"),
        }
        // Through the cipher it is the same.
        let text = std::fs::read_to_string(&path).unwrap();
        let (callback, query, body) = sealed(&text);
        assert_eq!(callback.receive(&query, body.as_bytes(), NOW).unwrap(), event, "{name}");
        assert_eq!(identities.insert(event.identity(), name.clone()), None, "{name} has another's identity");
    }
    assert!(identities.len() >= 40, "{}", identities.len());
}

#[test]
fn the_fields_of_the_important_events() {
    let add = event(
        "<Event>change_external_contact</Event><ChangeType>add_external_contact</ChangeType><UserID><![CDATA[ChenYu]]></UserID>\
         <ExternalUserID>wm1</ExternalUserID><State>s</State><WelcomeCode>W</WelcomeCode>",
    );
    assert_eq!(add.welcome(), Some(("W", "ChenYu", "wm1")));
    let gone = event(
        "<Event>change_external_contact</Event><ChangeType>del_external_contact</ChangeType><UserID>u</UserID>\
         <ExternalUserID>wm1</ExternalUserID><Source>DELETE_BY_TRANSFER</Source>",
    );
    let Happened::Contact { change: ContactChange::RemovedByStaff { by_transfer: true, .. }, .. } = gone.what else {
        panic!("{:?}", gone.what)
    };
    let group = |detail: &str| {
        event(&format!(
            "<Event>change_external_chat</Event><ChatId>wr1</ChatId><ChangeType>update</ChangeType><UpdateDetail>{detail}</UpdateDetail>\
             <JoinScene>3</JoinScene><QuitScene>1</QuitScene><MemChangeCnt>2</MemChangeCnt>\
             <MemChangeList><Item>a</Item><Item>b</Item></MemChangeList><LastMemVer>v1</LastMemVer><CurMemVer>v2</CurMemVer>"
        ))
    };
    let Happened::Group { change: GroupChange::Updated(update), .. } = group("add_member").what else { panic!() };
    assert_eq!(
        (update.join_scene, update.quit_scene, update.members),
        (Some(3), None, vec!["a".into(), "b".to_owned()])
    );
    let Happened::Group { change: GroupChange::Updated(update), .. } = group("del_member").what else { panic!() };
    assert_eq!((update.join_scene, update.quit_scene, update.version.as_deref()), (None, Some(1), Some("v2")));
}

/// Every row of the documented catalogue that has no sample.
#[test]
fn the_rest_of_the_catalogue_is_known() {
    for inner in [
        "<Event>customer_acquisition</Event><ChangeType>balance_increased</ChangeType>",
        "<Event>customer_acquisition</Event><ChangeType>open_profile</ChangeType><LinkId>ca</LinkId>",
        "<Event>view</Event><EventKey>https://a</EventKey>",
        "<Event>view_miniprogram</Event><EventKey>pages/a</EventKey>",
        "<Event>scancode_waitmsg</Event><EventKey>k</EventKey>",
        "<Event>LOCATION</Event><Latitude>23.1</Latitude><Longitude>113.2</Longitude><Precision>1</Precision><AppType>wxwork</AppType>",
        "<Event>batch_job_result</Event><BatchJob><JobId>j</JobId><JobType>sync_user</JobType><ErrCode>0</ErrCode><ErrMsg>ok</ErrMsg></BatchJob>",
        "<Event>change_contact</Event><ChangeType>create_party</ChangeType><Id>2</Id><Name>n</Name><ParentId>1</ParentId><Order>1</Order>",
        "<Event>change_contact</Event><ChangeType>update_party</ChangeType><Id>2</Id>",
        "<Event>change_contact</Event><ChangeType>delete_party</ChangeType><Id>2</Id>",
        "<Event>change_contact</Event><ChangeType>update_tag</ChangeType><TagId>1</TagId><AddUserItems>a,b</AddUserItems><DelPartyItems>3</DelPartyItems>",
        "<Event>taskcard_click</Event><EventKey>k</EventKey><TaskId>t</TaskId>",
        "<Event>open_approval_change</Event><ApprovalInfo><ThirdNo>1</ThirdNo></ApprovalInfo>",
        "<Event>sys_approval_change</Event><ApprovalInfo><SpNo>1</SpNo></ApprovalInfo>",
        "<Event>upload_media_job_finish</Event><JobId>j</JobId>",
        "<Event>kf_msg_or_event</Event><Token>t</Token><OpenKfId>kf</OpenKfId>",
    ] {
        assert_ne!(event(inner).what, Happened::Unknown, "{inner}");
    }
    for kind in [
        "<MsgType>voice</MsgType><MediaId>m</MediaId><Format>amr</Format>",
        "<MsgType>video</MsgType><MediaId>m</MediaId><ThumbMediaId>t</ThumbMediaId>",
        "<MsgType>location</MsgType><Location_X>23.1</Location_X><Location_Y>113.2</Location_Y><Scale>15</Scale><Label>l</Label>",
        "<MsgType>link</MsgType><Title>t</Title><Description>d</Description><Url>u</Url><PicUrl>p</PicUrl>",
    ] {
        let xml = format!("<xml><ToUserName>{CORP}</ToUserName><MsgId>1</MsgId>{kind}</xml>");
        let Happened::Message { id, .. } = Event::read(xml.as_bytes()).unwrap().what else { panic!("{kind}") };
        assert_eq!(id, "1");
    }
    let misspelt = event(
        "<Event>template_card_event</Event><SelectedItems><SelectedItem><QuestionKey>q</QuestionKey>\
         <OpitonIds><OpitonId>o1</OpitonId></OpitonIds></SelectedItem></SelectedItems>",
    );
    let Happened::Card(click) = misspelt.what else { panic!() };
    assert_eq!(click.selected, [Selected { question: "q".into(), options: vec!["o1".into()] }]);
}

#[test]
fn what_is_not_in_the_catalogue_is_kept_whole() {
    let event = event("<Event>change_tomorrow</Event><ChangeType>x</ChangeType><New><Deep>1</Deep></New>");
    assert_eq!(event.what, Happened::Unknown);
    assert_eq!((event.name.as_str(), event.raw.child("New").unwrap().get("Deep")), ("change_tomorrow", "1"));
}

#[test]
fn equal_deliveries_have_one_identity_and_different_ones_do_not() {
    let base = "<Event>change_external_chat</Event><ChatId>wr1</ChatId><ChangeType>update</ChangeType><UpdateDetail>add_member</UpdateDetail>";
    let first = event(&format!("{base}<LastMemVer>a</LastMemVer>"));
    // Another order, CDATA or not, spaces between: the same event.
    let again = event(&format!("<LastMemVer><![CDATA[a]]></LastMemVer>\n {base}"));
    let next = event(&format!("{base}<LastMemVer>b</LastMemVer>"));
    assert_eq!(first.identity(), again.identity());
    assert_ne!(first.identity(), next.identity());
    // Where one text ends and the next begins counts.
    let ab = event("<A>ab</A><B>c</B>");
    let a = event("<A>a</A><B>bc</B>");
    assert_ne!(ab.identity(), a.identity());
    let message = |content: &str| {
        Event::read(format!("<xml><ToUserName>{CORP}</ToUserName><MsgType>text</MsgType><Content>{content}</Content><MsgId>9</MsgId></xml>").as_bytes()).unwrap().identity()
    };
    assert_eq!(message("a"), message("b"));
}

#[test]
fn a_timestamp_far_from_our_clock_is_stale() {
    let (callback, query, body) =
        sealed("<xml><ToUserName>ww7c1f0a93be52d846</ToUserName><MsgType>event</MsgType><Event>click</Event></xml>");
    for (off, fine) in [(0, true), (600, true), (-600, true), (601, false), (-601, false), (86_400, false)] {
        let got = callback.receive(&query, body.as_bytes(), NOW.plus_seconds(off));
        match fine {
            true => assert!(got.is_ok(), "{off}"),
            false => assert_eq!(got.unwrap_err(), CallbackError::Stale(off)),
        }
    }
    assert!(callback.within(100_000).receive(&query, body.as_bytes(), NOW.plus_seconds(86_400)).is_ok());
}

#[test]
fn json_bodies_and_decoded_pluses_are_accepted() {
    let (callback, query, _) =
        sealed("<xml><ToUserName>ww7c1f0a93be52d846</ToUserName><MsgType>event</MsgType><Event>click</Event></xml>");
    let json = serde_json::json!({"tousername": CORP, "encrypt": query.echo, "agentid": "1"}).to_string();
    assert!(callback.receive(&query, json.as_bytes(), NOW).is_ok());
    let raw = format!(
        "msg_signature={}&timestamp={}&nonce={}&echostr={}",
        query.signature, query.timestamp, query.nonce, query.echo
    );
    assert!(query.echo.contains('+'), "the sample must show the difference");
    assert_eq!(Query::parse(&raw), query);
}

#[test]
fn replies_are_sealed_for_the_corp_and_survive_any_text() {
    let callback = Callback::new("TOKEN", KEY, CORP).unwrap();
    for text in ["已处理", "a]]>b & <c>", ""] {
        let outer = callback.reply("ChenYu", &Reply::Text(text.into()), NOW);
        let part = |name: &str| {
            outer.split_once(&format!("<{name}><![CDATA[")).unwrap().1.split_once("]]>").unwrap().0.to_owned()
        };
        let query = Query {
            signature: part("MsgSignature"),
            timestamp: part("TimeStamp"),
            nonce: part("Nonce"),
            echo: String::new(),
        };
        let plain = callback.open(&query, outer.as_bytes(), NOW).unwrap();
        let message = plain.replace("<![CDATA[ChenYu]]>", &format!("<![CDATA[{CORP}]]>"));
        let raw = Event::read(message.as_bytes()).unwrap().raw;
        assert_eq!((raw.get("Content"), raw.get("FromUserName")), (text, CORP));
    }
    let card = serde_json::json!({"card_type": "text_notice", "main_title": {"title": "t"}, "jump_list": [{"type": 1, "url": "u"}, {"type": 1, "url": "v"}]});
    let xml = Reply::Card(card).message("u", CORP, 1);
    assert!(
        xml.contains("<TemplateCard><CardType><![CDATA[text_notice]]></CardType>")
            && xml.matches("<JumpList>").count() == 2,
        "{xml}"
    );
}
