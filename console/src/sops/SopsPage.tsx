// SOPs for groups and moments: what is running, and whether it is done in time.
import { PlusOutlined, ScheduleOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Segmented, Skeleton, Tag as AntTag } from "antd";
import { useNavigate } from "react-router";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { ListTable, usePages } from "../shell/ListTable";
import { MayButton, Need, Num, PageHead } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { Nothing } from "../wecom/Nothing";
import { Board } from "./Board";
import { sopKeys, sops as api } from "./calls";
import { EffectCard } from "./EffectCard";
import { Grades } from "./Grades";

export const SOP_COLORS: Record<string, string> = { running: "blue", paused: "gold", ended: "default" };

const TABS = ["list", "board", "grades"] as const;

export function SopsPage() {
  return <Need permission="people.read"><Sops /></Need>;
}

function Sops() {
  const { t } = useI18n();
  const navigate = useNavigate();
  const [filters, change] = useFilters();
  const shown = TABS.find((own) => own === filters.tab) ?? "list";
  const add = <MayButton permission="messages.write" type="primary" icon={<PlusOutlined />} onClick={() => void navigate("/sops/new")}>{t("sops.new")}</MayButton>;
  return (
    <>
      <PageHead title={t("nav.sops")} hint={t("sops.hint")}>{add}</PageHead>
      <div className="gap-below"><Segmented value={shown} onChange={(tab) => change({ tab: tab === "list" ? null : tab })} options={TABS.map((value) => ({ value, label: t(`sops.${value}`) }))} /></div>
      {shown === "list" ? <List add={add} /> : null}
      {shown === "board" ? <WholeBoard /> : null}
      {shown === "grades" ? <Grades /> : null}
    </>
  );
}

function List({ add }: { add: React.ReactNode }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const navigate = useNavigate();
  const pages = usePages(sopKeys.list, api.list);
  const state = (row: S.SopOut) => <AntTag color={SOP_COLORS[row.state]}>{word("sops.state", row.state)}</AntTag>;
  return (
    <ListTable
      pages={pages} rowKey={(row) => row.id} onOpen={(row) => void navigate(`/sops/${row.id}`)}
      columns={[
        { title: t("word.name"), render: (_, row) => <b className="plain">{row.name}</b> },
        { title: t("word.type"), render: (_, row) => word("sops.kind", row.kind) },
        { title: t("word.state"), render: (_, row) => state(row) },
        { title: t("sops.subjects"), align: "right", render: (_, row) => <Num muted={!row.subjects}>{format.count(row.subjects)}</Num> },
        { title: t("messages.created"), render: (_, row) => <Num muted>{format.at(row.created_at)}</Num> },
      ]}
      card={(row) => (
        <>
          <div className="row between"><span className="card-title">{row.name}</span>{state(row)}</div>
          <div className="muted small num">{word("sops.kind", row.kind)} · {t("sops.subjects")} {format.count(row.subjects)} · {format.at(row.created_at)}</div>
        </>
      )}
      empty={<Nothing icon={<ScheduleOutlined />} title={t("sops.empty")}>{t("sops.empty_text")}<p className="gap-above">{add}</p></Nothing>}
    />
  );
}

function WholeBoard() {
  const board = useQuery({ queryKey: sopKeys.board({}), queryFn: () => api.board({}) });
  if (board.isError) return <ErrorView error={board.error} retry={() => void board.refetch()} />;
  if (board.isPending) return <div className="panel pad"><Skeleton active /></div>;
  return <div className="stack"><Board board={board.data} /><EffectCard /></div>;
}
