//! Promotions and coupons, in merchants' words.

use super::*;

#[test]
fn everything_off_costs_nothing() {
    check(
        "
        shop EUR gross
        tax standard 19
        variant lamp 24.99
        delivery post 4.90 taxed standard
        promotion gift percent 100
        cart lamp 3
        -> subtotal 74.97 discount 74.97 tax 0.00 total 0.00
        choose post
        -> delivery 4.12 + 0.78 = 4.90
        promotion free free-delivery -
        -> delivery 0.00 + 0.00 = 0.00
        -> total 0.00
        promotion more order 500 lane after
        -> total 0.00
        -> not more promotion.nothing_to_discount
    ",
    );
}

#[test]
fn a_percentage_and_a_fixed_amount_combine() {
    check(
        "
        shop EUR gross
        tax standard 19
        variant lamp 100
        promotion tenth percent 10
        promotion fiver order 5
        cart lamp 1
        # Line discounts first: 90, then 85.
        -> discount 15.00 total 85.00
        -> applied tenth fiver
    ",
    );
}

#[test]
fn a_lane_takes_the_best_and_later_lanes_see_what_is_left() {
    check(
        "
        shop EUR net
        tax standard 0
        variant lamp 100
        promotion tenth percent 10
        promotion fifth percent 20
        cart lamp 1
        -> total 80.00
        -> applied fifth
        -> not tenth promotion.outdone
        promotion staff percent 50 lane after
        -> total 40.00
        promotion first line 20 lane before
        # 100 − 20 = 80, − 20 % = 64, − 50 % = 32
        -> total 32.00
    ",
    );
    check(
        "
        shop EUR net
        tax standard 0
        variant lamp 100
        variant pin 1
        promotion each line 0.50
        promotion tenth percent 10
        cart lamp 1
        cart pin 4
        # Each line takes what is best for it: 10 % of 100, 0.50 off 4.
        -> off 1 10.00
        -> off 2 0.50
        -> applied each tenth
        promotion unit unit 0.30
        -> off 2 1.20
        -> not each promotion.outdone
    ",
    );
}

#[test]
fn equal_discounts_go_to_the_priority_then_the_id() {
    check(
        "
        shop EUR net
        tax standard 0
        variant lamp 100
        promotion a percent 10
        promotion b line 10
        cart lamp 1
        -> applied a
        promotion c line 10 priority 1
        -> applied a
    ",
    );
    check(
        "
        shop EUR net
        tax standard 0
        variant lamp 100
        promotion a order 10
        promotion b order 10
        cart lamp 1
        -> applied a
        promotion c order 10 priority 1
        -> applied c
        -> not a promotion.outdone
    ",
    );
}

#[test]
fn exclusive_promotions_stand_alone_or_not_at_all() {
    check(
        "
        shop EUR net
        tax standard 0
        variant lamp 100
        promotion tenth percent 10
        promotion fiver order 5
        promotion alone percent 12 exclusive yes
        cart lamp 1
        # 10 % and then 5 are 15, more than 12.
        -> total 85.00
        -> not alone promotion.not_combinable
        promotion big percent 30 exclusive yes
        -> total 70.00
        -> applied big
        -> not tenth promotion.not_combinable
        -> not alone promotion.not_combinable
    ",
    );
}

#[test]
fn promotions_look_at_goods() {
    check(
        "
        shop EUR net
        tax standard 0
        variant lamp 100 under 7
        variant bulb 10 under 8 under 7
        variant vase 50
        promotion lights percent 10 under 7
        promotion bulbs percent 50 product bulb
        promotion dozen order 20 under 8 units 12
        cart lamp 1
        cart vase 1
        -> discount 10.00
        -> not bulbs promotion.no_matching_line
        cart bulb 3
        -> off 1 10.00
        -> off 2 0.00
        -> off 3 15.00
        -> not dozen promotion.quantity_too_small
        cart bulb 9
        # 15 and 45 off first; 20 more off the bulbs alone.
        -> discount 90.00
        -> off 3 20.00
        -> off 4 60.00
    ",
    );
}

#[test]
fn promotions_say_why_they_do_not_apply() {
    check(
        "
        shop EUR net
        tax standard 0
        variant lamp 100
        cart lamp 1
        promotion off percent 10 active no
        promotion soon percent 10 from 1001
        promotion ended percent 10 until 1000
        promotion rich percent 10 min 100.01
        promotion enough percent 1 min 100
        promotion secret percent 10 coupon hush
        promotion trade percent 10 group trade
        promotion rare percent 10 limit 5
        promotion mine percent 10 per-customer 1
        promotion free free-delivery -
        used rare 5 0
        used mine 9 1
        -> not off promotion.inactive
        -> not soon promotion.not_yet
        -> not ended promotion.over
        -> not rich promotion.subtotal_too_small
        -> not secret promotion.coupon_missing
        -> not trade promotion.other_customer_group
        -> not rare promotion.used_up
        -> not free promotion.no_delivery
        -> not mine promotion.used_up_by_customer
        -> applied enough
        customer trade
        -> applied trade
    ",
    );
}

#[test]
fn coupons_tell_what_became_of_them() {
    check(
        "
        shop EUR net
        tax standard 0
        variant lamp 100
        promotion save percent 10 coupon SAVE10
        promotion rich percent 20 coupon RICH min 500
        promotion rare percent 30 coupon RARE limit 1
        used rare 1 0
        cart lamp 1
        -> total 100.00
        -> coupons fine
        coupon save10
        -> total 90.00
        -> coupons fine
        coupon rich
        -> total 90.00
        -> coupon coupon.not_applicable
    ",
    );
    for (code, error) in [("nonsense", "coupon.unknown"), ("rare", "coupon.used_up")] {
        check(&format!(
            "
            shop EUR net
            tax standard 0
            variant lamp 100
            promotion rare percent 30 coupon RARE limit 1
            used rare 1 0
            cart lamp 1
            coupon {code}
            -> total 100.00
            -> coupon {error}
        "
        ));
    }
}
