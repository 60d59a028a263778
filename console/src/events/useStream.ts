// The live stream: newest first, bounded, and still while paused; nothing that arrives meanwhile is lost until the bound.
import { useEffect, useRef, useState } from "react";
import { apiUrl } from "../api/client";
import type { LiveEvent } from "../api/types";
import { addNewest, LIMIT } from "./newest";

export type StreamState = "connecting" | "open" | "broken";

export function useStream(paused: boolean): { events: LiveEvent[]; waiting: number; state: StreamState } {
  const [events, setEvents] = useState<LiveEvent[]>([]);
  const [waiting, setWaiting] = useState(0);
  const [state, setState] = useState<StreamState>("connecting");
  const held = useRef<LiveEvent[]>([]);
  const hold = useRef(paused);

  useEffect(() => {
    hold.current = paused;
  }, [paused]);
  useEffect(() => {
    const source = new EventSource(apiUrl("/events/stream"));
    source.onopen = () => setState("open");
    // The browser reconnects by itself.
    source.onerror = () => setState("broken");
    source.onmessage = (message: MessageEvent<string>) => {
      held.current = addNewest(held.current, [JSON.parse(message.data) as LiveEvent]);
      if (hold.current) setWaiting(held.current.length);
    };
    // Under load events arrive faster than a screen can be read: show them a few times a second.
    const timer = setInterval(() => {
      if (hold.current || held.current.length === 0) return;
      const fresh = held.current;
      held.current = [];
      setWaiting(0);
      setEvents((before) => addNewest(before, [...fresh].reverse()));
    }, 300);
    return () => {
      source.close();
      clearInterval(timer);
    };
  }, []);
  return { events, waiting: Math.min(waiting, LIMIT), state };
}
