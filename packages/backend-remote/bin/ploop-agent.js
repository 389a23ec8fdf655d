#!/usr/bin/env node
import { start } from "@effect-ploop/command-line/start.js"

await start(import.meta.url, "bin")
