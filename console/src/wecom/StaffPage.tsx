import { IdcardOutlined, SearchOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Select, Tag as AntTag } from "antd";
import { Link } from "react-router";
import { wecom as api } from "../api/calls";
import { keys } from "../api/keys";
import type { WecomStaff } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, Need, Num, PageHead } from "../shell/parts";
import { SearchInput } from "../shell/SearchInput";
import { useCan } from "../shell/session";
import { useFilters } from "../shell/useFilters";
import { Nothing } from "./Nothing";

export function StaffPage() {
  return <Need permission="people.read"><StaffList /></Need>;
}

function StaffList() {
  const { t, word } = useI18n();
  const format = useFormat();
  const may = useCan()("handover.run");
  const [filters, change] = useFilters();
  const which = filters.which ?? "current";
  const query = { q: filters.q, department: filters.department, gone: which === "gone" ? true : which === "current" ? false : null, serving: which === "serving" ? true : null };
  const pages = usePages(keys.wecomPart("staff", query), api.staff, query);
  const departments = useQuery({ queryKey: keys.wecomPart("departments"), queryFn: api.departments, staleTime: 300_000 });
  const names = new Map(departments.data?.items.map((own) => [own.id, own.name]));
  const state = (row: WecomStaff) => {
    if (row.gone_at) return <AntTag>{t("staff.state.gone")}</AntTag>;
    return <AntTag color={row.status === 1 ? "green" : "default"}>{word("staff.state", String(row.status))}</AntTag>;
  };
  const department = (row: WecomStaff) => row.departments.map((id) => names.get(id) ?? `#${id}`).join(", ") || "–";
  const lost = (row: WecomStaff) => (row.lost ? <Link className="num" to={`/lost?staff=${encodeURIComponent(row.userid)}`}>{format.count(row.lost)}</Link> : <Num muted>0</Num>);
  const handOver = (row: WecomStaff) => (may && (row.customers || row.gone_at) ? <Link className="small" to={`/handovers/new?from=${encodeURIComponent(row.userid)}`}>{t("handover.hand_over")}</Link> : null);
  const filtered = Boolean(filters.q || filters.department || filters.which);
  return (
    <>
      <PageHead title={t("nav.staff")} hint={t("staff.hint")} />
      <div className="bar filters">
        <SearchInput value={filters.q ?? ""} label={t("staff.search")} onChange={(q) => change({ q })} />
        <Select
          className="w-200" aria-label={t("staff.department")} allowClear showSearch={{ optionFilterProp: "label" }} placeholder={t("staff.departments_all")} value={filters.department}
          onChange={(department?: string) => change({ department })} options={departments.data?.items.map((own) => ({ value: String(own.id), label: own.name || `#${own.id}` }))}
        />
        <Select
          className="w-200" aria-label={t("staff.which")} value={which} onChange={(next) => change({ which: next === "current" ? null : next })}
          options={[{ value: "current", label: t("staff.current") }, { value: "serving", label: t("staff.serving") }, { value: "gone", label: t("staff.gone") }]}
        />
      </div>
      <ListTable
        pages={pages} rowKey={(row) => row.userid}
        columns={[
          { title: t("staff.one"), render: (_, row) => <><b className="plain">{row.name || row.userid}</b>{row.position ? <div className="muted small">{row.position}</div> : null}</> },
          { title: t("staff.department"), render: (_, row) => department(row) },
          { title: t("staff.store"), render: (_, row) => row.store || "–" },
          { title: t("staff.customers"), align: "right", render: (_, row) => <Num>{format.count(row.customers)}</Num> },
          { title: t("staff.lost"), align: "right", render: (_, row) => lost(row) },
          { title: t("word.state"), render: (_, row) => <>{state(row)}{row.serves ? null : <span className="muted small">{t("staff.serves_not")}</span>}</> },
          { title: "", align: "right", render: (_, row) => handOver(row) },
        ]}
        card={(row) => (
          <>
            <div className="row between"><span className="card-title">{row.name || row.userid}</span>{state(row)}</div>
            <div className="muted small">{[row.position, department(row), row.store, row.serves ? "" : t("staff.serves_not")].filter(Boolean).join(" · ")}</div>
            <div className="row between"><span>{t("staff.customers")} <Num>{format.count(row.customers)}</Num></span><span>{t("staff.lost")} {lost(row)}</span>{handOver(row)}</div>
          </>
        )}
        empty={filtered ? <EmptyHint icon={<SearchOutlined />} title={t("staff.none_found")} /> : <Nothing icon={<IdcardOutlined />} title={t("staff.empty")}>{t("staff.empty_text")}</Nothing>}
      />
    </>
  );
}
