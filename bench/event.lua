-- wrk: a Bitrix24 event of 600 bytes. The request is put together once and only the deal's number changes, so that the
-- generator takes little from what is measured. BENCH_SAME=1: the same deal in every request (ours merges repeats of a
-- queued deal), which costs the generator nothing.
local token = os.getenv("BENCH_TOKEN")
local head = "event=ONCRMDEALUPDATE&event_handler_id=14&data%5BFIELDS%5D%5BID%5D="
local tail = "&ts=1795256207&auth%5Bdomain%5D=shop.example.com&auth%5Bclient_endpoint%5D=https%3A%2F%2Fshop.example.com%2Frest%2F" ..
  "&auth%5Bserver_endpoint%5D=https%3A%2F%2Foauth.example.com%2Frest%2F&auth%5Bmember_id%5D=0b1f5c7a9d2e4f6081a3c5e7f9b2d4e6" ..
  "&auth%5Bapplication_token%5D=" .. token .. "&pad="
local size = 600
local number = 100000000 + tonumber(os.getenv("BENCH_FIRST") or "1")
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
local before, after
function init(args)
  local body = head .. "000000000" .. tail
  local whole = wrk.format(nil, nil, nil, body .. string.rep("x", size - #body))
  local at = whole:find("000000000", 1, true)
  before, after = whole:sub(1, at - 1), whole:sub(at + 9)
end
local same = os.getenv("BENCH_SAME") == "1"
function request()
  if not same then number = number + 1 end
  return before .. number .. after
end
function done(summary, latency)
  local bad = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout + summary.errors.status
  io.write(string.format("RESULT %.0f %d %d %d\n", summary.requests / (summary.duration / 1e6), latency:percentile(50), latency:percentile(99), bad))
end
