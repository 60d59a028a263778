CREATE TABLE store (
  id IDENTITY_KEY,
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  region TEXT,
  created_at BIGINT NOT NULL
);

CREATE TABLE product (
  id IDENTITY_KEY,
  sku TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  category TEXT,
  brand TEXT,
  price_minor BIGINT,
  currency TEXT,
  url TEXT,
  image TEXT,
  properties TEXT NOT NULL DEFAULT '{}',
  updated_at BIGINT NOT NULL
);
CREATE INDEX product_category ON product (category, sku);

-- person: the number the order came in with, never rewritten. root: the person it counts for now, rewritten by merges and un-merges.
-- stub: 1 while only a refund has named the order; such a row holds the place (and the lock) for it and is shown nowhere.
-- amount: sum of the sale lines. refunded: refunds that count for this order, positive. refund_lines: its own refund lines, positive.
-- sales, lines: numbers of sale lines and of all lines.
CREATE TABLE orders (
  id IDENTITY_KEY,
  order_no TEXT NOT NULL UNIQUE,
  stub BIGINT NOT NULL,
  person BIGINT,
  root BIGINT,
  at BIGINT NOT NULL,
  store BIGINT,
  currency TEXT NOT NULL,
  amount BIGINT NOT NULL,
  refunded BIGINT NOT NULL,
  refund_lines BIGINT NOT NULL,
  sales BIGINT NOT NULL,
  lines BIGINT NOT NULL,
  source TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  import BIGINT NOT NULL
);
CREATE INDEX orders_person ON orders (person);
-- Few orders count for another number than their own; the others are found by person.
CREATE INDEX orders_root ON orders (root) WHERE root <> person;
CREATE INDEX orders_at ON orders (at);
CREATE INDEX orders_store ON orders (store, at);

-- quantity in thousandths. A refund line has negative quantity and amount. import: the last import that named the line (0 = live).
CREATE TABLE order_line (
  orders BIGINT NOT NULL,
  no BIGINT NOT NULL,
  line_no BIGINT,
  product BIGINT,
  title TEXT,
  quantity BIGINT NOT NULL,
  price_minor BIGINT,
  amount_minor BIGINT NOT NULL,
  refund_of TEXT,
  at BIGINT NOT NULL,
  import BIGINT NOT NULL,
  PRIMARY KEY (orders, no)
) WITHOUT ROWID;
CREATE INDEX order_line_refund ON order_line (refund_of) WHERE refund_of IS NOT NULL;

-- Totals of a person as merged now. Everything below can be computed from the two tables above; units keep it in step.
CREATE TABLE customer (
  root BIGINT NOT NULL,
  currency TEXT NOT NULL,
  orders BIGINT NOT NULL,
  amount BIGINT NOT NULL,
  refunded BIGINT NOT NULL,
  first_at BIGINT,
  last_at BIGINT,
  PRIMARY KEY (root, currency)
) WITHOUT ROWID;
CREATE INDEX customer_amount ON customer (currency, amount, root);
CREATE INDEX customer_orders ON customer (currency, orders, root);
CREATE INDEX customer_last ON customer (currency, last_at, root);

CREATE TABLE person_store (
  root BIGINT NOT NULL,
  store BIGINT NOT NULL,
  orders BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  PRIMARY KEY (root, store)
) WITHOUT ROWID;
CREATE INDEX person_store_store ON person_store (store, root);

-- shard: units that run at the same time add to different rows instead of waiting for each other; readers add them up.
-- store 0 = orders without a store.
CREATE TABLE sales_total (
  store BIGINT NOT NULL,
  currency TEXT NOT NULL,
  shard BIGINT NOT NULL,
  orders BIGINT NOT NULL,
  amount BIGINT NOT NULL,
  refunded BIGINT NOT NULL,
  PRIMARY KEY (store, currency, shard)
) WITHOUT ROWID;

CREATE TABLE product_total (
  product BIGINT NOT NULL,
  currency TEXT NOT NULL,
  shard BIGINT NOT NULL,
  sold BIGINT NOT NULL,
  revenue BIGINT NOT NULL,
  returned BIGINT NOT NULL,
  refunded BIGINT NOT NULL,
  PRIMARY KEY (product, currency, shard)
) WITHOUT ROWID;
