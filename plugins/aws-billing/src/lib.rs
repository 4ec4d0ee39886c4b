//! The billing pages: currency, billing contact, invoices, tax inheritance.
//!
//! Saving the same once more changes nothing, so none of it needs to be journaled as an effect.

mod contact;
mod currency;
mod invoices;
mod tax;

use mavm_sdk::plugin;

plugin!(currency::currency, contact::contact, invoices::pdf_invoices, tax::tax_inheritance);

/// Where the billing pages of 2023 begin, after the containers that say nothing.
const CONTENT: &str = "#billing-console-root > div > div > div > div.content--2j5zk.span10--28Agl > div > div > \
                       div > div > div > div.ng-scope > div > div > div";
