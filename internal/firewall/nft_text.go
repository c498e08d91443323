package firewall

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// rendered returns a rule much like nft list ruleset prints it.
func rendered(expr []map[string]any) string {
	var parts []string
	for _, s := range expr {
		parts = append(parts, renderedOne(s))
	}
	return strings.Join(parts, " ")
}

func renderedOne(s map[string]any) string { return render(s, 0) }

// render returns the text of any part of a rule.
func render(v any, depth int) string {
	if depth > maxDepth {
		return "..."
	}
	list := func(all []any, between string) string {
		var parts []string
		for _, e := range all {
			parts = append(parts, render(e, depth+1))
		}
		return strings.Join(parts, between)
	}
	switch v := v.(type) {
	case nil:
		return ""
	case []any:
		return list(v, ",")
	case map[string]any:
		if len(v) != 1 {
			return plain(v, depth)
		}
		for kind, of := range v {
			inner, _ := of.(map[string]any)
			parts, isList := of.([]any)
			field := func(name string) string { return render(inner[name], depth+1) }
			switch kind {
			case "match":
				op := field("op") + " "
				if op == "== " || op == "in " {
					op = ""
				}
				return field("left") + " " + op + field("right")
			case "vmap":
				return field("key") + " vmap " + pairs(inner["data"], depth)
			case "mangle":
				return field("key") + " set " + field("value")
			case "payload":
				return strings.TrimSpace(field("protocol") + " " + field("field"))
			case "meta":
				switch key := field("key"); key {
				case "iif", "oif", "iifname", "oifname":
					return key
				default:
					return "meta " + key
				}
			case "ct":
				return "ct " + field("key")
			case "fib":
				return "fib " + strings.ReplaceAll(field("flags"), ",", " . ") + " " + field("result")
			case "prefix":
				return field("addr") + "/" + field("len")
			case "elem":
				return field("val")
			case "jump", "goto":
				return kind + " " + field("target")
			case "range":
				return list(parts, "-")
			case "concat":
				return list(parts, " . ")
			case "set":
				if isList {
					return "{ " + list(parts, ", ") + " }"
				}
			case "&", "|", "^":
				if isList {
					return list(parts, " "+kind+" ")
				}
			}
			return strings.TrimSpace(kind + " " + render(of, depth+1))
		}
	case json.Number:
		return v.String()
	case string:
		return v
	}
	return fmt.Sprint(v)
}

// pairs returns the text of a map's elements.
func pairs(data any, depth int) string {
	inner, _ := data.(map[string]any)
	list, ok := inner["set"].([]any)
	if !ok {
		return render(data, depth+1)
	}
	var parts []string
	for _, e := range list {
		if pair, ok := e.([]any); ok && len(pair) == 2 {
			parts = append(parts, render(pair[0], depth+2)+" : "+render(pair[1], depth+2))
		}
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}

// plain returns the text of a statement's options, sorted by name.
func plain(v map[string]any, depth int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(v)) {
		text := render(v[name], depth+1)
		if name == "prefix" {
			text = strconv.Quote(text)
		}
		parts = append(parts, name+" "+text)
	}
	return strings.Join(parts, " ")
}
