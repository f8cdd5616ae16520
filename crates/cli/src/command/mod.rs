//! One file for each command: its arguments with their help and examples, and what it calls.
//!
//! A command parses, calls one flow and returns an answer. It prints nothing and decides nothing about the shop.

pub(crate) mod backup;
pub(crate) mod cart;
pub(crate) mod category;
pub(crate) mod channel;
pub(crate) mod checkout;
pub(crate) mod collection;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod copy;
pub(crate) mod customer;
pub(crate) mod delivery;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod events;
pub(crate) mod exit_codes;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod fee;
pub(crate) mod fulfill;
pub(crate) mod gift_card;
pub(crate) mod import;
pub(crate) mod index;
pub(crate) mod init;
pub(crate) mod location;
pub(crate) mod man;
pub(crate) mod order;
pub(crate) mod payment;
pub(crate) mod price;
pub(crate) mod product;
pub(crate) mod promotion;
pub(crate) mod promotion_codes;
pub(crate) mod recover;
pub(crate) mod refund;
pub(crate) mod restore;
mod rule_file;
pub(crate) mod schema;
pub(crate) mod search;
mod shared;
pub(crate) mod shop;
pub(crate) mod simulate;
pub(crate) mod stock;
pub(crate) mod store_credit;
pub(crate) mod tax;
pub(crate) mod verify;

use crate::answer::Answer;
use crate::args::Command;
use crate::context::Context;
use crate::error::CommandError;

/// Runs a command and returns what it answers.
pub(crate) fn run(command: Command, context: &Context<'_>) -> Result<Answer, CommandError> {
    match command {
        Command::Init(args) => args.run(context),
        Command::Demo(args) => args.run(context),
        Command::Import(args) => args.run(context),
        Command::Export(args) => args.run(context),
        Command::Product(command) => command.run(context),
        Command::Category(command) => command.run(context),
        Command::Collection(command) => command.run(context),
        Command::Price(command) => command.run(context),
        Command::Search(args) => args.run(context),
        Command::Stock(command) => command.run(context),
        Command::Channel(command) => command.run(context),
        Command::Location(command) => command.run(context),
        Command::Promotion(command) => command.run(context),
        Command::Simulate(command) => command.run(context),
        Command::Tax(command) => command.run(context),
        Command::Delivery(command) => command.run(context),
        Command::Fee(command) => command.run(context),
        Command::Customer(command) => command.run(context),
        Command::Cart(command) => command.run(context),
        Command::Checkout(args) => args.run(context),
        Command::Order(command) => command.run(context),
        Command::Explain(args) => args.run(context),
        Command::Fulfill(command) => command.run(context),
        Command::Payment(command) => command.run(context),
        Command::GiftCard(command) => command.run(context),
        Command::StoreCredit(command) => command.run(context),
        Command::Refund(args) => args.run(context),
        Command::Events(command) => command.run(context),
        Command::Verify(args) => args.run(context),
        Command::Doctor(args) => args.run(context),
        Command::Recover(args) => args.run(context),
        Command::Index(command) => command.run(context),
        Command::Backup(args) => args.run(context),
        Command::Restore(args) => args.run(context),
        Command::Copy(args) => args.run(context),
        Command::Shop(command) => command.run(context),
        Command::Config(command) => command.run(context),
        Command::Schema(args) => args.run(context),
        Command::ExitCodes(args) => args.run(context),
        Command::Completions(args) => args.run(context),
        Command::Man(args) => args.run(context),
    }
}
