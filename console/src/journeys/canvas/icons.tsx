import { ApiOutlined, BranchesOutlined, CarryOutOutlined, ClockCircleOutlined, ExperimentOutlined, ForkOutlined, GiftOutlined, HourglassOutlined, LoginOutlined, LogoutOutlined, MessageOutlined, ScheduleOutlined, StarOutlined, TagOutlined } from "@ant-design/icons";
import type { ReactNode } from "react";
import { GROUPS, type Kind } from "./definition";

const ICONS: Record<Kind | "entry", ReactNode> = {
  entry: <LoginOutlined />,
  wait: <HourglassOutlined />, wait_until: <ClockCircleOutlined />, wait_event: <ScheduleOutlined />,
  condition: <BranchesOutlined />, split: <ForkOutlined />, ab: <ExperimentOutlined />,
  message: <MessageOutlined />, task: <CarryOutOutlined />, tag: <TagOutlined />, points: <StarOutlined />, coupon: <GiftOutlined />, webhook: <ApiOutlined />,
  exit: <LogoutOutlined />,
};

/** Which colour a kind has: that of its group. */
export function toneOf(kind: Kind | "entry"): string {
  return kind === "entry" ? "entry" : (GROUPS.find((group) => (group.kinds as readonly Kind[]).includes(kind))?.name ?? "end");
}

export function KindIcon({ kind }: { kind: Kind | "entry" }) {
  return <span className={`jc-icon ${toneOf(kind)}`} aria-hidden>{ICONS[kind]}</span>;
}
