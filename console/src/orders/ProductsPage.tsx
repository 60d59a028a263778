import { SearchOutlined, SkinOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { Link } from "react-router";
import { commerce as api } from "../api/calls";
import { keys } from "../api/keys";
import type { Product } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, Need, Num, PageHead } from "../shell/parts";
import { SearchInput } from "../shell/SearchInput";
import { useFilters } from "../shell/useFilters";

export function ProductsPage() {
  return <Need permission="orders.read"><Products /></Need>;
}

function Products() {
  const { t } = useI18n();
  const format = useFormat();
  const [filters, change] = useFilters();
  const query = { q: filters.q, category: filters.category };
  const pages = usePages(keys.products(query), api.products, query);
  // What was sold everywhere is not told to readers of some stores.
  const sold = (product: Product) => (product.sold === null ? "–" : format.count(Number(product.sold)));
  const revenue = (product: Product) => (typeof product.revenue !== "number" ? "–" : format.money(product.revenue, product.currency));
  const category = (name: string | null) => (name ? <button type="button" className="link" onClick={() => change({ category: name })}>{name}</button> : <span className="muted">–</span>);
  return (
    <>
      <PageHead title={t("nav.products")} hint={t("products.hint")} />
      <div className="bar">
        <SearchInput value={filters.q ?? ""} label={t("products.search")} onChange={(q) => change({ q })} />
        {filters.category ? <Button onClick={() => change({ category: null })}>{filters.category} ×</Button> : null}
      </div>
      <ListTable
        pages={pages} rowKey={(product) => product.sku}
        columns={[
          { title: t("orders.product"), render: (_, product) => <b className="plain">{product.title || "–"}</b> },
          { title: "SKU", render: (_, product) => <code>{product.sku}</code> },
          { title: t("products.category"), render: (_, product) => category(product.category ?? null) },
          { title: t("products.brand"), render: (_, product) => product.brand || "–" },
          { title: t("orders.price"), align: "right", render: (_, product) => <Num muted={typeof product.price !== "number"}>{typeof product.price !== "number" ? "–" : format.money(product.price, product.currency)}</Num> },
          { title: t("products.sold"), align: "right", render: (_, product) => <Num>{sold(product)}</Num> },
          { title: t("home.revenue"), align: "right", render: (_, product) => <Num>{revenue(product)}</Num> },
        ]}
        card={(product) => (
          <>
            <div className="row between"><span className="card-title">{product.title || product.sku}</span><Num>{revenue(product)}</Num></div>
            <div className="muted small num"><code>{product.sku}</code> · {product.category ?? "–"} · {t("products.sold_n", { n: sold(product) })}</div>
          </>
        )}
        empty={filters.q || filters.category ? <EmptyHint icon={<SearchOutlined />} title={t("products.none_found")} />
          : <EmptyHint icon={<SkinOutlined />} title={t("products.empty")}><p>{t("products.empty_text")}</p><Link to="/imports/new?kind=products">{t("imports.new")}</Link></EmptyHint>}
      />
    </>
  );
}
