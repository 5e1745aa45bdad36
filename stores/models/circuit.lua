-- Circuits and windows in Redis, by Redis's clock: one script, so each call is atomic.
-- The circuit is the machine of clearway.resilience.breaker, step by step; windows are counted in
-- sixtieths like those of migrations/0007_llm.sql, so they never hold more than their limit.
--
--   KEYS      the circuit (not for admit), then the windows in the request's order
--   ARGV[1]   the request, JSON; `op` is enter, undo, leave, health, reset or admit
--   ARGV[2]   the time to take it for, seconds since 1970; without it, the server's
local asked = cjson.decode(ARGV[1])
local now = tonumber(ARGV[2])
if not now then
    local time = redis.call('TIME')
    now = tonumber(time[1]) + tonumber(time[2]) / 1e6
end
local HALF, OPEN, CLOSED = 'half_open', 'open', 'closed'

local function read(key)
    local text = redis.call('GET', key)
    if not text then return nil end
    return cjson.decode(text)
end

local function fresh()
    return {
        stored = CLOSED, retry_at = 0, probe = '', probe_until = 0, successes = 0,
        consecutive_failures = 0, total_requests = 0, total_failures = 0, width_s = 0,
        buckets = {}, provider = asked.provider, endpoint = asked.endpoint
    }
end

local function write(key, value, ttl_s)
    redis.call('SET', key, cjson.encode(value), 'PX', math.ceil(ttl_s * 1000))
end

local KEPT_S = 30 * 24 * 3600

-- Windows: part number -> amount, as text keys. What lies further ahead than the window and a minute
-- was counted before the clock was set back: it is counted as of now, and kept so at once, for who is
-- refused writes nothing.
local function rolled(key, seconds)
    local held = read(key) or { parts = {} }
    local now_part = math.floor(now * 60 / seconds)
    local part, parts, total, ahead = now_part, {}, 0, 0
    for name, amount in pairs(held.parts) do
        local number = tonumber(name)
        if (number - now_part - 60) * seconds > 60 * 60 then
            ahead = ahead + amount
        elseif number >= now_part - 60 then
            parts[name] = amount
            total = total + amount
            if number > part then part = number end
        end
    end
    if ahead > 0 then
        local name = string.format('%d', now_part)
        parts[name] = (parts[name] or 0) + ahead
        total = total + ahead
        write(key, { parts = parts }, seconds * 2)
    end
    return { parts = parts }, total, part
end

local function room_after(parts, total, part, amount, window)
    if amount > window.limit then return nil end
    local over = total + amount - window.limit
    for number = part - 60, part do
        over = over - (parts[string.format('%d', number)] or 0)
        if over <= 0 then
            return math.max((number + 61) * window.seconds / 60 - now, 0.001)
        end
    end
    return nil
end

-- Counts in all windows or none; their keys come after so many others.
local function count(others)
    local changes = {}
    for place, window in ipairs(asked.windows) do
        local amount = window.counts == 'tokens' and asked.tokens or 1
        local held, total, part = rolled(KEYS[place + others], window.seconds)
        if total + amount > window.limit then
            local wait = room_after(held.parts, total, part, amount, window)
            return { reason = 'window', key = window.key, retry_after_s = wait or cjson.null }
        end
        local name = string.format('%d', part)
        held.parts[name] = (held.parts[name] or 0) + amount
        changes[place] = { held = held, part = part, amount = amount }
    end
    local places = {}
    for place, change in ipairs(changes) do
        write(KEYS[place + others], change.held, asked.windows[place].seconds * 2)
        places[place] = { part = change.part, amount = change.amount }
    end
    return nil, places
end

-- Counts one request in windows that stand by themselves.
local function admit()
    local refused = count(0)
    return refused or {}
end

local function enter()
    local circuit = read(KEYS[1])
    local probing = false
    if circuit and circuit.stored ~= CLOSED then
        -- What was noted a minute from now or later was noted before the clock was set back.
        if circuit.stored == OPEN and now < circuit.retry_at
                and (circuit.last_failure or 0) <= now + 60 then
            return { reason = 'breaker', key = asked.name, retry_after_s = circuit.retry_at - now }
        end
        if circuit.stored == HALF and circuit.probe ~= '' and circuit.probe ~= asked.attempt_id
                and now < circuit.probe_until and circuit.probe_until <= now + asked.lease_s + 60 then
            return { reason = 'breaker', key = asked.name, retry_after_s = circuit.probe_until - now }
        end
        probing = true
    end
    local refused, places = count(1)
    if refused then return refused end
    if probing then
        if circuit.stored == OPEN then circuit.stored, circuit.successes = HALF, 0 end
        circuit.probe, circuit.probe_until = asked.attempt_id, now + asked.lease_s
        write(KEYS[1], circuit, KEPT_S)
    end
    return { probe = probing, places = places }
end

-- Puts what was counted to `amounts`, where the window still covers it.
local function correct(amounts)
    for place, window in ipairs(asked.windows) do
        local counted, amount = asked.places[place], amounts[place]
        if counted and amount and amount ~= counted.amount then
            local held = rolled(KEYS[place + 1], window.seconds)
            local name = string.format('%d', counted.part)
            if held.parts[name] then
                held.parts[name] = math.max(held.parts[name] + amount - counted.amount, 0)
                write(KEYS[place + 1], held, window.seconds * 2)
            end
        end
    end
end

local function undo()
    local nothing = {}
    for place in ipairs(asked.windows) do nothing[place] = 0 end
    correct(nothing)
    local circuit = read(KEYS[1])
    if circuit and circuit.probe == asked.attempt_id then
        circuit.probe = ''
        write(KEYS[1], circuit, KEPT_S)
    end
    return {}
end

local function closed(circuit)
    circuit.stored, circuit.probe, circuit.successes, circuit.buckets = CLOSED, '', 0, {}
    circuit.consecutive_failures = 0
end

local function too_many(circuit, profile)
    local calls, failures = 0, 0
    for _, bucket in pairs(circuit.buckets) do
        calls, failures = calls + bucket[1], failures + bucket[2]
    end
    local function set(value) return value ~= nil and value ~= cjson.null end
    if set(profile.consecutive) and circuit.consecutive_failures >= profile.consecutive then
        return true
    end
    if set(profile.windowed) and failures >= profile.windowed then return true end
    if not set(profile.failure_rate) then return false end
    local limit = profile.failure_rate
    if profile.adaptive then
        limit = math.min((circuit.usual or profile.failure_rate / 2) + limit / 2, 0.95)
    end
    return calls >= profile.minimum_calls and failures >= limit * calls
end

local function counted(circuit, failed, profile)
    local width_s = profile.window_s / 12
    if circuit.width_s ~= width_s then circuit.width_s, circuit.buckets = width_s, {} end
    local part = math.floor(now / width_s)
    local kept = {}
    for name, bucket in pairs(circuit.buckets) do
        local number = tonumber(name)
        if number >= part - 12 and (number - part - 12) * width_s <= 60 then kept[name] = bucket end
    end
    local name = string.format('%d', part)
    local bucket = kept[name] or { 0, 0 }
    kept[name] = { bucket[1] + 1, bucket[2] + failed }
    circuit.buckets = kept
    local opens = failed == 1 and too_many(circuit, profile)
    local rate = profile.failure_rate
    local usual = circuit.usual or ((rate and rate ~= cjson.null and rate or 0) / 2)
    circuit.usual = math.max(usual + 0.02 * (failed - usual), 1e-9)
    return opens
end

local function leave()
    local amounts = {}
    for place, window in ipairs(asked.windows) do
        if window.counts == 'tokens' then amounts[place] = asked.used end
    end
    correct(amounts)
    local circuit, profile = read(KEYS[1]) or fresh(), asked.profile
    local was, verdict = circuit.stored, asked.verdict
    local failed = verdict == 'failure' and 1 or 0
    circuit.total_requests = circuit.total_requests + 1
    if verdict ~= 'ignored' then
        circuit.total_failures = circuit.total_failures + failed
        circuit.consecutive_failures = failed == 1 and circuit.consecutive_failures + 1 or 0
        if failed == 1 then circuit.last_failure = now else circuit.last_success = now end
    end
    local opens = false
    if circuit.probe == asked.attempt_id then
        circuit.probe = ''
        opens = failed == 1
        if verdict == 'success' then
            circuit.successes = circuit.successes + 1
            if circuit.successes >= profile.successes_to_close then closed(circuit) end
        end
    elseif circuit.stored == CLOSED and verdict ~= 'ignored' then
        opens = counted(circuit, failed, profile)
    end
    if opens then
        circuit.stored, circuit.retry_at = OPEN, now + profile.recovery_s
        circuit.probe, circuit.successes, circuit.buckets = '', 0, {}
    end
    write(KEYS[1], circuit, KEPT_S)
    return { was = was, now = circuit.stored, consecutive_failures = circuit.consecutive_failures }
end

local function reset()
    local circuit = read(KEYS[1])
    if not circuit then return { closed = 0 } end
    local was = circuit.stored
    closed(circuit)
    write(KEYS[1], circuit, KEPT_S)
    return { closed = was ~= CLOSED and 1 or 0 }
end

local function health()
    local circuit = read(KEYS[1])
    if not circuit then return {} end
    circuit.seen = circuit.stored
    if circuit.stored == OPEN and now >= circuit.retry_at then circuit.seen = HALF end
    if circuit.seen == OPEN then circuit.retry_after_s = circuit.retry_at - now end
    return circuit
end

local answer = ({ admit = admit, enter = enter, undo = undo, leave = leave, reset = reset, health = health })[asked.op]()
return cjson.encode(answer)
