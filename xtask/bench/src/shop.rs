//! The pages of the journeys that need no practice console: a form, a payment with its issuer on
//! another site, a list, one that hangs. They answer at once.

use std::net::Ipv4Addr;

use anyhow::Result;
use axum::Router;
use axum::response::Html;
use axum::routing::get;
use tokio::net::TcpListener;

/// The addresses of a shop that serves until the program ends.
pub struct Shop {
    /// `http://127.0.0.1:PORT`
    pub shop: String,
    /// Another site: `http://issuer.localhost:PORT`.
    pub bank: String,
}

impl Shop {
    /// Opens it.
    pub async fn open() -> Result<Self> {
        let shop = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let bank = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let addresses = Self {
            shop: format!("http://127.0.0.1:{}", shop.local_addr()?.port()),
            bank: format!("http://issuer.localhost:{}", bank.local_addr()?.port()),
        };
        let pay = include_str!("../pages/pay.html").replace("BANK", &addresses.bank);
        let fixed = |text: &'static str| move || async move { Html(text) };
        let pages = Router::new()
            .route(
                "/form",
                get(fixed(include_str!("../pages/form.html")))
                    .post(fixed("<!doctype html><title>Order</title><p role=status>Thank you</p>")),
            )
            .route("/pay", get(move || async move { Html(pay) }))
            .route("/hang", get(fixed(include_str!("../pages/hang.html"))))
            .route("/list", get(fixed(include_str!("../pages/list.html"))));
        let confirmed = "<!doctype html><title>Bank</title><p>Confirmed</p>\
                         <script>parent.postMessage('confirmed', '*')</script>";
        let question = Router::new()
            .route("/bank", get(fixed(include_str!("../pages/bank.html"))).post(fixed(confirmed)));
        tokio::spawn(async move { axum::serve(shop, pages).await });
        tokio::spawn(async move { axum::serve(bank, question).await });
        Ok(addresses)
    }
}
