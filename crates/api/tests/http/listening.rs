//! The only tests with a socket: taking an address, and stopping.

use crate::support::{TestApp, on_both};
use siyu_api::{bind, router, serve};
use siyu_testkit::TestDb;
use std::io::{Read, Write};
use std::net::TcpStream;

on_both!(it_serves_until_asked_to_stop);

fn it_serves_until_asked_to_stop(test: TestDb) {
    let app = TestApp::new(test);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let listener = runtime.block_on(bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let taken = runtime.block_on(bind(&address.to_string())).err().unwrap();
    assert_eq!(taken.code, "address_in_use");
    assert!(taken.en.contains(&address.to_string()) && taken.en.contains("--listen"));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = runtime.spawn(serve(listener, router(app.app.clone()), async {
        let _ = stopped.await;
    }));
    let mut socket = TcpStream::connect(address).unwrap();
    socket.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    socket.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK") && text.contains("siyu_db_queue_units"), "{text}");
    stop.send(()).unwrap();
    runtime.block_on(serving).unwrap().unwrap();
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
}

#[test]
fn addresses_that_cannot_be_taken_say_what_to_do() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for address in ["nonsense", "127.0.0.1", "127.0.0.1:99999"] {
        let refusal = runtime.block_on(bind(address)).err().unwrap();
        assert_eq!(refusal.code, "address_unknown", "{address}");
        assert!(refusal.en.contains("host:port") && refusal.zh.contains("主机:端口"));
    }
}
