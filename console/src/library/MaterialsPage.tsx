import { FolderOpenOutlined, PlusOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Input, Select } from "antd";
import { useNavigate } from "react-router";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, MayButton, Need, Num, PageHead } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { KINDS, materialKeys, materials as api, STATES, type Material } from "./calls";
import { KindIcon, Labels, MaterialState } from "./parts";
import "./library.css";

export function MaterialsPage() {
  return <Need permission="people.read"><Materials /></Need>;
}

function Materials() {
  const { t, word } = useI18n();
  const format = useFormat();
  const navigate = useNavigate();
  const [filters, change] = useFilters();
  const query = { q: filters.q, folder: filters.folder, label: filters.label, kind: filters.kind, state: filters.state };
  const pages = usePages<Material>(materialKeys.list(query), api.list, query);
  const places = useQuery({ queryKey: materialKeys.places, queryFn: api.places, staleTime: 30_000 });
  const filtered = Object.values(query).some(Boolean);
  const add = <MayButton permission="messages.write" type="primary" icon={<PlusOutlined />} onClick={() => void navigate("/materials/new")}>{t("materials.new")}</MayButton>;
  const plain = (values: string[] | undefined) => values?.map((value) => ({ value, label: value }));
  const pick = (name: "folder" | "label" | "kind" | "state", options: { value: string; label: string }[] | undefined) => (
    <Select allowClear className="w-140" value={filters[name]} onChange={(value?: string) => change({ [name]: value })} placeholder={t(`materials.${name}`)} aria-label={t(`materials.${name}`)} options={options} />
  );
  const uses = (own: Material) => t("materials.uses_n", { n: format.count(own.uses) });
  return (
    <>
      <PageHead title={t("nav.materials")} hint={t("materials.hint")}>{add}</PageHead>
      <div className="bar filters">
        <Input.Search allowClear className="w-260" key={filters.q} defaultValue={filters.q} placeholder={t("materials.search")} aria-label={t("materials.search")} onSearch={(q) => change({ q: q.trim() })} />
        {pick("folder", plain(places.data?.folders))}
        {pick("label", plain(places.data?.labels))}
        {pick("kind", KINDS.map((value) => ({ value, label: word("materials.kind", value) })))}
        {pick("state", STATES.map((value) => ({ value, label: word("materials.state", value) })))}
      </div>
      <ListTable
        pages={pages} rowKey={(row) => row.id} onOpen={(row) => void navigate(`/materials/${row.id}`)}
        columns={[
          { title: t("word.name"), render: (_, row) => <span className="row tight"><KindIcon kind={row.kind} /><span><b className="plain">{row.name}</b>{row.labels.length ? <div className="gap-above-small"><Labels own={row} /></div> : null}</span></span> },
          { title: t("materials.kind"), render: (_, row) => word("materials.kind", row.kind) },
          { title: t("materials.folder"), render: (_, row) => row.folder || "–" },
          { title: t("word.state"), render: (_, row) => <MaterialState own={row} /> },
          { title: t("materials.version"), align: "right", render: (_, row) => <Num>{row.version}</Num> },
          { title: t("materials.uses"), align: "right", render: (_, row) => <Num>{format.count(row.uses)}</Num> },
          { title: t("materials.changed"), render: (_, row) => <span>{row.changed_by} <span className="muted small num">{format.at(row.changed_at)}</span></span> },
        ]}
        card={(row) => (
          <>
            <div className="row between"><span className="row tight"><KindIcon kind={row.kind} /><b className="plain break">{row.name}</b></span><MaterialState own={row} /></div>
            {row.labels.length ? <div><Labels own={row} /></div> : null}
            <div className="muted small num">{[row.folder, word("materials.kind", row.kind), uses(row), format.at(row.changed_at)].filter(Boolean).join(" · ")}</div>
          </>
        )}
        empty={filtered ? <EmptyHint icon={<FolderOpenOutlined />} title={t("materials.none")} /> : <EmptyHint icon={<FolderOpenOutlined />} title={t("materials.empty")}><p>{t("materials.empty_text")}</p><p className="gap-above">{add}</p></EmptyHint>}
      />
    </>
  );
}
