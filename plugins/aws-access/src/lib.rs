//! The account's number, the role by which it is entered, and the proof that it can be.

mod check;
mod number;
mod stack;

use mavm_sdk::plugin;

plugin!(number::account_number, stack::role_stack, check::check);
