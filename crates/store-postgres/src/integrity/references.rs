//! Rows that point to what is not there.
//!
//! The schema has no foreign keys, which would lock the rows that are pointed to; so it is asked here, one statement for each
//! way to point. Ids that stand only inside of a record are compared as the text that the record has.
//!
//! Deliberately absent: what may be taken away while others name it (set-up), what is named freely (causes of stock
//! movements), and what `verify` compares record by record in any store (payments of ledgers).

use super::{Report, Snapshot};
use crate::error::Fault;
use crate::flight::params;
use crate::value::Columns as _;

pub(crate) mod sql {
    crate::statements::statements! {
        VARIANT_PRODUCT = "SELECT id_text('var_', v.id), 'its product' FROM raw_variant v LEFT JOIN raw_product p ON p.id = v.product
            WHERE p.id IS NULL LIMIT 100";
        LOG_ORDER = "SELECT DISTINCT id_text('ord_', l.\"order\"), 'the order of a log' FROM raw_order_log l
            LEFT JOIN raw_order o ON o.id = l.\"order\" WHERE o.id IS NULL LIMIT 100";
        ALLOCATION_ORDER = "SELECT DISTINCT id_text('ord_', a.\"order\"), 'the order of an allocation' FROM raw_allocation a
            LEFT JOIN raw_order o ON o.id = a.\"order\" WHERE o.id IS NULL LIMIT 100";
        FULFILLMENT_ORDER = "SELECT id_text('ful_', f.id), 'its order' FROM raw_fulfillment f
            LEFT JOIN raw_order o ON o.id = f.\"order\" WHERE o.id IS NULL LIMIT 100";
        PAYMENT_ORDER = "SELECT id_text('pay_', p.id), 'its order' FROM raw_payment p
            LEFT JOIN raw_order o ON o.id = p.\"order\" WHERE o.id IS NULL LIMIT 100";
        TASK_PAYMENT = "SELECT t.key, 'its payment' FROM raw_payment_task t LEFT JOIN raw_payment p ON p.id = t.payment
            WHERE p.id IS NULL LIMIT 100";
        USE_ORDER = "SELECT DISTINCT id_text('ord_', u.\"order\"), 'the order that used a promotion' FROM raw_promotion_use u
            LEFT JOIN raw_order o ON o.id = u.\"order\" WHERE o.id IS NULL LIMIT 100";
        ENTRY_CREDIT = "SELECT DISTINCT record_text(e.kind, e.id), 'the gift card or store credit of a ledger'
            FROM raw_credit_entry e LEFT JOIN raw_credit c USING (kind, id) WHERE c.id IS NULL LIMIT 100";
        CHECKOUT_ORDER = "SELECT id_text('chk_', c.id), 'its order' FROM raw_checkout c
            LEFT JOIN raw_order o ON id_text('ord_', o.id) = c.data->>'order' WHERE o.id IS NULL LIMIT 100";
        CHECKOUT_CART = "SELECT id_text('chk_', c.id), 'its cart' FROM raw_checkout c
            LEFT JOIN raw_cart k ON id_text('cart_', k.id) = c.data->>'cart' WHERE k.id IS NULL LIMIT 100";
        CHECKOUT_PAYMENT = "SELECT id_text('chk_', c.id), 'its payment' FROM raw_checkout c
            LEFT JOIN raw_payment p ON id_text('pay_', p.id) = c.data->>'payment'
            WHERE c.data->>'payment' IS NOT NULL AND p.id IS NULL LIMIT 100";
        CART_ORDER = "SELECT id_text('cart_', c.id), 'its order' FROM raw_cart c
            LEFT JOIN raw_order o ON id_text('ord_', o.id) = c.data->>'order'
            WHERE c.data->>'order' IS NOT NULL AND o.id IS NULL LIMIT 100";
        /// Of those that stand for money or goods; the others are made again where they are missing.
        KEY_ANSWER = "SELECT key, 'its answer' FROM raw_idempotency WHERE NOT CASE answer_kind
              WHEN 1 THEN EXISTS (SELECT FROM raw_cart WHERE id = answer)
              WHEN 4 THEN EXISTS (SELECT FROM raw_checkout WHERE id = answer)
              WHEN 5 THEN EXISTS (SELECT FROM raw_customer WHERE id = answer)
              WHEN 7 THEN EXISTS (SELECT FROM raw_fulfillment WHERE id = answer)
              WHEN 8 THEN EXISTS (SELECT FROM raw_order WHERE id = answer)
              WHEN 9 THEN EXISTS (SELECT FROM raw_payment WHERE id = answer)
              WHEN 20 THEN EXISTS (SELECT FROM raw_credit WHERE kind = 20 AND id = answer)
              WHEN 21 THEN EXISTS (SELECT FROM raw_credit WHERE kind = 21 AND id = answer)
              ELSE true END
            ORDER BY key LIMIT 100";
        EVENT_SUBJECT = "SELECT record_text(s.kind, s.id), 'the record that events tell of' FROM raw_event_subject s
            WHERE NOT CASE s.kind
              WHEN 5 THEN EXISTS (SELECT FROM raw_customer r WHERE r.id = s.id)
              WHEN 7 THEN EXISTS (SELECT FROM raw_fulfillment r WHERE r.id = s.id)
              WHEN 8 THEN EXISTS (SELECT FROM raw_order r WHERE r.id = s.id)
              WHEN 9 THEN EXISTS (SELECT FROM raw_payment r WHERE r.id = s.id)
              WHEN 20 THEN EXISTS (SELECT FROM raw_credit r WHERE r.kind = 20 AND r.id = s.id)
              WHEN 21 THEN EXISTS (SELECT FROM raw_credit r WHERE r.kind = 21 AND r.id = s.id)
              ELSE true END
            ORDER BY s.kind, s.id LIMIT 100";
    }

    /// Each finds the name of a record, and the words for what it points to.
    pub(super) const WAYS: &[&str] = &[
        VARIANT_PRODUCT,
        LOG_ORDER,
        ALLOCATION_ORDER,
        FULFILLMENT_ORDER,
        PAYMENT_ORDER,
        TASK_PAYMENT,
        USE_ORDER,
        ENTRY_CREDIT,
        CHECKOUT_ORDER,
        CHECKOUT_CART,
        CHECKOUT_PAYMENT,
        CART_ORDER,
        KEY_ANSWER,
        EVENT_SUBJECT,
    ];
}

pub(super) async fn check(snapshot: &Snapshot<'_>, report: &mut Report) -> Result<(), Fault> {
    for way in sql::WAYS {
        for row in snapshot.rows(way, params![]).await? {
            let (subject, what): (String, String) = (row.at(0)?, row.at(1)?);
            report.add("store.reference", subject, format!("{what} is not there"));
        }
    }
    Ok(())
}
