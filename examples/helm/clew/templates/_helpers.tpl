{{- define "clew.maxDisk" -}}
{{- $units := dict "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- $number := regexFind "^[0-9]+" .Values.storage | int64 -}}
{{- div (mul $number (get $units (regexFind "[A-Z]i$" .Values.storage)) 4) 5000000 -}}
MB
{{- end -}}
