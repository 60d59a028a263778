//! SMS through the platform's own clients over a socket: what is accepted, refused, reported, answered and told to whoever asks.

mod support;

use axum::Router;
use axum::extract::State;
use serde_json::{Value, json};
use siyu_kernel::Clock;
use siyu_sandbox::Scale;
use siyu_sms::{
    Aliyun, AliyunKeys, Batch, Class, HttpTransport, Message, Phone, Provider, Push, Request, Response, Seen, Sms,
    Tencent, TencentKeys, Transport, TransportError, Wiring,
};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{Brand, brand};

/// Remembers the last request, so that it can be sent again as it is.
#[derive(Default)]
struct Recorded(HttpTransport, Mutex<Option<Request>>);

impl Transport for Recorded {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        *self.1.lock().unwrap() = Some(request.clone());
        self.0.send(request)
    }
}

struct Both {
    brand: Brand,
    sign: String,
    wire: Arc<Recorded>,
    keys: Value,
}

impl Both {
    async fn open() -> Self {
        let brand = brand(Scale::TINY, |_| {}).await;
        let keys = brand.bare("GET", "/sandbox/sms", None).await.1;
        let sign = keys["signs"][0].as_str().unwrap().to_owned();
        Self { brand, sign, wire: Arc::default(), keys }
    }
    fn client(&self, provider: Provider, change: impl Fn(&str) -> String) -> Arc<dyn Sms> {
        let own = |of: &str, name: &str| self.keys[of][name].as_str().unwrap().to_owned();
        let wiring = Wiring::new(self.wire.clone(), self.brand.clock.clone());
        match provider {
            Provider::Aliyun => {
                let key_secret = change(&own("aliyun", "key_secret"));
                let keys = AliyunKeys { key_id: own("aliyun", "key_id"), key_secret, token: None };
                Arc::new(Aliyun::new(keys, &self.brand.base, wiring))
            }
            Provider::Tencent => {
                let secret_key = change(&own("tencent", "secret_key"));
                let (secret_id, app_id) = (own("tencent", "secret_id"), own("tencent", "app_id"));
                let region = "ap-guangzhou".to_owned();
                let keys = TencentKeys { secret_id, secret_key, token: None, app_id, region };
                Arc::new(Tencent::new(keys, &self.brand.base, wiring))
            }
        }
    }
    /// The codes that came of one batch; "" for those that were accepted.
    async fn send(&self, provider: Provider, what: Wanted) -> Vec<String> {
        let (client, sign) = (self.client(provider, str::to_owned), what.sign.clone().unwrap_or(self.sign.clone()));
        let sent = tokio::task::spawn_blocking(move || {
            let batch = Batch {
                sign: &sign,
                template: what.template,
                class: what.class,
                out_id: what.own,
                messages: &what.messages,
            };
            client.send(&batch)
        });
        let code = |own: siyu_sms::Sent| own.outcome.err().map_or(String::new(), |error| error.to_string());
        sent.await.unwrap().into_iter().map(code).collect()
    }
    async fn look(&self, provider: Provider, template: &'static str, own: &'static str, phone: &str) -> Seen {
        let (client, sign, phone) =
            (self.client(provider, str::to_owned), self.sign.clone(), Phone::parse(phone).unwrap());
        let at = self.brand.clock.now();
        let seen = tokio::task::spawn_blocking(move || {
            let batch = Batch { sign: &sign, template, class: Class::Notice, out_id: own, messages: &[] };
            client.look(&batch, &phone, at)
        });
        seen.await.unwrap().unwrap()
    }
    async fn set(&self, body: Value) {
        let (status, answer) = self.brand.bare("POST", "/sandbox/sms", Some(body)).await;
        assert_eq!(status, 200, "{answer}");
    }
    /// Reports and replies of both go there.
    async fn pushes(&self, url: &str) {
        for provider in PROVIDERS {
            self.set(json!({ "push": { "provider": provider.name(), "reports": url, "replies": url } })).await;
        }
    }
    async fn advance(&self, seconds: i64) {
        self.brand.bare("POST", "/sandbox/advance", Some(json!({ "seconds": seconds, "wait": true }))).await;
    }
}

struct Wanted {
    template: &'static str,
    class: Class,
    own: &'static str,
    sign: Option<String>,
    messages: Vec<Message>,
}

fn one(phone: &str, params: &[(&str, &str)]) -> Message {
    let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Message { phone: Phone::parse(phone).unwrap(), params }
}
fn notice(provider: Provider, own: &'static str, phones: &[String]) -> Wanted {
    let (template, names) = match provider {
        Provider::Aliyun => ("SMS_100002", ["name", "order"]),
        Provider::Tencent => ("100002", ["1", "2"]),
    };
    let messages =
        phones.iter().enumerate().map(|(at, phone)| one(phone, &[(names[0], "王女士"), (names[1], &format!("A{at}"))]));
    Wanted { template, class: Class::Notice, own, sign: None, messages: messages.collect() }
}
fn phones(from: usize, count: usize) -> Vec<String> {
    (from..from + count).map(|at| format!("1380013{at:04}")).collect()
}
const PROVIDERS: [Provider; 2] = [Provider::Aliyun, Provider::Tencent];

/// Pushes that came, by the platform's own reader.
async fn receiver(refuses: usize) -> (String, Arc<Mutex<Vec<String>>>) {
    type Came = (Arc<Mutex<Vec<String>>>, Arc<Mutex<usize>>);
    let came: Came = (Arc::default(), Arc::new(Mutex::new(refuses)));
    let take = async |State((came, refuses)): State<Came>, body: String| {
        let mut left = refuses.lock().unwrap();
        if *left > 0 {
            *left -= 1;
            return axum::http::StatusCode::SERVICE_UNAVAILABLE;
        }
        came.lock().unwrap().push(body);
        axum::http::StatusCode::OK
    };
    let router = Router::new().route("/push", axum::routing::post(take)).with_state(came.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/push", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, came.0)
}
async fn came(what: &Arc<Mutex<Vec<String>>>, provider: Provider, enough: impl Fn(&Push) -> bool) -> Push {
    for _ in 0..200 {
        let mut all = Push::default();
        for body in what.lock().unwrap().iter() {
            let push = Push::read(provider, body.as_bytes()).unwrap();
            all.reports.extend(push.reports);
            all.replies.extend(push.replies);
            all.skipped += push.skipped;
        }
        if enough(&all) {
            return all;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("pushes do not come: {:?}", what.lock().unwrap());
}

#[tokio::test]
async fn what_is_sent_is_kept_reported_and_found() {
    for provider in PROVIDERS {
        let both = Both::open().await;
        // The first push is not taken: it comes again.
        let (url, pushes) = receiver(1).await;
        both.pushes(&url).await;
        let to = phones(0, 90);
        let codes = both.send(provider, notice(provider, "run1:7", &to)).await;
        assert!(codes.iter().all(String::is_empty), "{codes:?}");
        let sent = both.brand.bare("GET", "/sandbox/sms/sent", None).await.1;
        assert_eq!(sent.as_array().unwrap().len(), 90);
        let content = sent[7]["content"].as_str().unwrap();
        assert!(content.starts_with(&format!("【{}】王女士您好", both.sign)) && content.contains("A7"), "{content}");
        both.advance(20).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        both.advance(60).await;
        let all = came(&pushes, provider, |own| own.reports.len() == 90).await;
        assert_eq!(all.skipped, 0);
        let delivered = all.reports.iter().filter(|own| own.state == siyu_sms::State::Delivered).count();
        assert!((78..90).contains(&delivered), "{delivered}");
        let named = all.reports.iter().filter(|own| own.out_id == "run1:7").count();
        // Messages of one request with values of their own carry no id of ours at Aliyun.
        assert_eq!(named, if provider == Provider::Tencent { 90 } else { 0 });
        both.advance(3_600).await;
        assert_eq!(came(&pushes, provider, |_| true).await.reports.len(), 90, "each is told once");

        let own = both.send(provider, notice(provider, "run2:1", &phones(500, 1))).await;
        assert_eq!(own, [""]);
        if provider == Provider::Aliyun {
            let template = "SMS_100002";
            assert!(matches!(both.look(provider, template, "run2:1", "13800130500").await, Seen::Waiting));
            both.advance(30).await;
            assert!(
                matches!(both.look(provider, template, "run2:1", "13800130500").await, Seen::Done(own) if own.out_id == "run2:1")
            );
            assert!(matches!(both.look(provider, template, "run2:2", "13800130500").await, Seen::TooEarly(_)));
        } else {
            assert!(matches!(both.look(provider, "100002", "run2:1", "13800130500").await, Seen::TooEarly(_)));
            both.advance(30).await;
            assert!(
                matches!(both.look(provider, "100002", "run2:1", "13800130500").await, Seen::Done(own) if own.out_id == "run2:1")
            );
        }
    }
}

#[tokio::test]
async fn what_is_wrong_is_refused_as_they_do() {
    let both = Both::open().await;
    let long = "长".repeat(36);
    type Row<'a> = (Provider, &'a str, &'a str, Vec<(&'a str, &'a str)>, bool);
    let rows: [Row<'_>; 10] = [
        (Provider::Aliyun, "isv.SMS_TEMPLATE_ILLEGAL", "SMS_9", vec![], false),
        (Provider::Aliyun, "isv.SMS_SIGNATURE_ILLEGAL", "SMS_100002", vec![("name", "a"), ("order", "b")], true),
        (Provider::Aliyun, "isv.TEMPLATE_MISSING_PARAMETERS", "SMS_100002", vec![("name", "a")], false),
        (Provider::Aliyun, "isv.PARAM_LENGTH_LIMIT", "SMS_100002", vec![("name", &long), ("order", "b")], false),
        (
            Provider::Aliyun,
            "isv.PARAM_NOT_SUPPORT_URL",
            "SMS_100002",
            vec![("name", "https://x.cn"), ("order", "b")],
            false,
        ),
        (Provider::Tencent, "FailedOperation.TemplateUnapprovedOrNotExist", "9", vec![], false),
        (
            Provider::Tencent,
            "FailedOperation.SignatureIncorrectOrUnapproved",
            "100002",
            vec![("1", "a"), ("2", "b")],
            true,
        ),
        (
            Provider::Tencent,
            "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
            "100002",
            vec![("1", "a")],
            false,
        ),
        (
            Provider::Tencent,
            "InvalidParameterValue.TemplateParameterLengthLimit",
            "100002",
            vec![("1", &long), ("2", "b")],
            false,
        ),
        (
            Provider::Tencent,
            "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
            "100002",
            vec![("1", "https://x.cn"), ("2", "b")],
            false,
        ),
    ];
    for (at, (provider, code, template, params, stranger)) in rows.into_iter().enumerate() {
        let template: &'static str = template.to_owned().leak();
        let what = Wanted {
            template,
            class: Class::Notice,
            own: "o",
            sign: stranger.then(|| "别家".to_owned()),
            messages: vec![one(&phones(at, 1)[0], &params)],
        };
        let codes = both.send(provider, what).await;
        assert!(codes[0].contains(code), "{code}: {codes:?}");
    }
    assert_eq!(both.brand.bare("GET", "/sandbox/sms", None).await.1["sent"], 0);
}

#[tokio::test]
async fn only_who_has_the_key_is_heard_and_only_once() {
    for (provider, code) in
        [(Provider::Aliyun, "SignatureDoesNotMatch"), (Provider::Tencent, "AuthFailure.SignatureFailure")]
    {
        let both = Both::open().await;
        let client = both.client(provider, |own| format!("{own}x"));
        let findings = tokio::task::spawn_blocking(move || client.check()).await.unwrap();
        let told = format!("{findings:?}");
        assert!(told.contains(code), "{told}");

        let good = both.client(provider, str::to_owned);
        let findings = tokio::task::spawn_blocking(move || good.check()).await.unwrap();
        assert!(format!("{findings:?}").contains("The keys are accepted."), "{findings:?}");

        // The same request again, and with another body.
        both.send(provider, notice(provider, "o", &phones(0, 1))).await;
        let request = both.wire.1.lock().unwrap().clone().unwrap();
        let again = |change: fn(&mut Request)| {
            let (wire, mut request) = (both.wire.clone(), request.clone());
            change(&mut request);
            tokio::task::spawn_blocking(move || String::from_utf8(wire.0.send(&request).unwrap().body).unwrap())
        };
        let told = again(|_| ()).await.unwrap();
        let twice = if provider == Provider::Aliyun { "SignatureNonceUsed" } else { "PhoneNumberThirtySecondLimit" };
        assert!(told.contains(twice), "{told}");
        let told = again(|own| own.body.push(b' ')).await.unwrap();
        assert!(told.contains(code), "{told}");
        // An hour later its stamp is too old.
        both.advance(3_600).await;
        let told = again(|_| ()).await.unwrap();
        assert!(told.contains("Expire"), "{told}");
    }
}

#[tokio::test]
async fn numbers_have_limits_and_may_leave() {
    let both = Both::open().await;
    let (url, pushes) = receiver(0).await;
    both.pushes(&url).await;
    let code = |provider, phone: &str| Wanted {
        template: if provider == Provider::Aliyun { "SMS_100001" } else { "100001" },
        class: Class::Code,
        own: "c",
        sign: None,
        messages: vec![one(phone, &[(if provider == Provider::Aliyun { "code" } else { "1" }, "1234")])],
    };
    for (provider, limit) in
        [(Provider::Aliyun, "isv.BUSINESS_LIMIT_CONTROL"), (Provider::Tencent, "PhoneNumberThirtySecondLimit")]
    {
        let phone = if provider == Provider::Aliyun { "13800137001" } else { "13800137002" };
        assert_eq!(both.send(provider, code(provider, phone)).await, [""]);
        let codes = both.send(provider, code(provider, phone)).await;
        assert!(codes[0].contains(limit), "{codes:?}");
        both.advance(60).await;
        assert_eq!(both.send(provider, code(provider, phone)).await, [""]);
    }
    // Whoever answers R is told of, and gets no more.
    both.set(json!({ "reply": { "phone": "13800137002", "text": "R" } })).await;
    let all = came(&pushes, Provider::Tencent, |own| !own.replies.is_empty()).await;
    assert_eq!((all.replies[0].text.as_str(), all.replies[0].phone.e164()), ("R", "+8613800137002"));
    both.advance(60).await;
    let codes = both.send(Provider::Tencent, code(Provider::Tencent, "13800137002")).await;
    assert!(codes[0].contains("PhoneNumberInBlacklist"), "{codes:?}");
    // Marketing waits for the day at Tencent Cloud: it is 22:30 in Beijing.
    both.brand.bare("POST", "/sandbox/advance", Some(json!({ "to": "2026-03-02T14:30:00Z" }))).await;
    let late = Wanted {
        template: "100003",
        class: Class::Notice,
        own: "m",
        sign: None,
        messages: vec![one("13800137009", &[("1", "王女士"), ("2", "新品")])],
    };
    let codes = both.send(Provider::Tencent, late).await;
    assert!(codes[0].contains("MarketingSendTimeConstraint"), "{codes:?}");
}

#[tokio::test]
async fn what_nobody_pushed_is_asked_for() {
    let both = Both::open().await;
    both.send(Provider::Tencent, notice(Provider::Tencent, "o", &phones(0, 90))).await;
    both.set(json!({ "reply": { "phone": "13800130003", "text": "谢谢" } })).await;
    both.advance(30).await;
    let own = |name: &str| both.keys["tencent"][name].as_str().unwrap().to_owned();
    let keys = TencentKeys {
        secret_id: own("secret_id"),
        secret_key: own("secret_key"),
        token: None,
        app_id: own("app_id"),
        region: "ap-guangzhou".into(),
    };
    let client = Tencent::new(keys, &both.brand.base, Wiring::new(both.wire.clone(), both.brand.clock.clone()));
    let (first, second, third, replies) = tokio::task::spawn_blocking(move || {
        let pull = || client.pull_reports().unwrap().len();
        (pull(), pull(), pull(), client.pull_replies().unwrap())
    })
    .await
    .unwrap();
    assert_eq!((first, second, third), (90, 0, 0), "each is given out once");
    assert_eq!((replies.len(), replies[0].text.as_str()), (1, "谢谢"));
}

#[tokio::test]
async fn a_lost_answer_may_have_been_sent() {
    let both = Both::open().await;
    both.brand.bare("POST", "/sandbox/settings", Some(json!({ "faults": "timeout=1" }))).await;
    let mut unclear = 0;
    for at in 0..20 {
        let codes = both.send(Provider::Aliyun, notice(Provider::Aliyun, "o", &phones(at, 1))).await;
        unclear += usize::from(codes[0].contains("unknown") || codes[0].contains("504"));
    }
    assert_eq!(unclear, 20, "nobody knows");
    let sent = both.brand.bare("GET", "/sandbox/sms", None).await.1["sent"].as_u64().unwrap();
    assert!((3..18).contains(&sent), "half of them went out: {sent}");
}
