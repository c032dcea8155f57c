{{- define "syncline.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "syncline.selector" -}}
app.kubernetes.io/name: syncline
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "syncline.labels" -}}
{{ include "syncline.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "syncline.image" -}}
{{- with .Values.image -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- define "syncline.account" -}}
{{- .Values.serviceAccount.name | default (ternary (include "syncline.name" .) "default" .Values.serviceAccount.create) }}
{{- end }}

{{/* One variable from a Secret. Call with (list "NAME" reference). */}}
{{- define "syncline.secret" -}}
- name: {{ index . 0 }}
  valueFrom:
    secretKeyRef: {name: {{ (index . 1).name | quote }}, key: {{ (index . 1).key | quote }}}
{{- end }}

{{/* Everything the program reads from its environment. */}}
{{- define "syncline.env" -}}
{{ include "syncline.secret" (list "DATABASE_URL" .Values.database.secret) }}
{{- if .Values.database.readSecret.name }}
{{ include "syncline.secret" (list "SYNCLINE_READ_DATABASE_URL" .Values.database.readSecret) }}
{{- end }}
- {name: KAFKA_BOOTSTRAP_SERVERS, value: {{ required "kafka.bootstrapServers" .Values.kafka.bootstrapServers | quote }}}
{{- with .Values.kafka.topicPrefix }}
- {name: SYNCLINE_TOPIC_PREFIX, value: {{ . | quote }}}
{{- end }}
- {name: SYNCLINE_GROUP, value: {{ .Values.kafka.group | quote }}}
{{- range $property, $value := .Values.kafka.properties }}
- {name: SYNCLINE_KAFKA_{{ $property | upper | replace "." "_" }}, value: {{ $value | quote }}}
{{- end }}
{{- range $property, $reference := .Values.kafka.secretProperties }}
{{ include "syncline.secret" (list (printf "SYNCLINE_KAFKA_%s" ($property | upper | replace "." "_")) $reference) }}
{{- end }}
- {name: SYNCLINE_JOBS_DIR, value: /etc/syncline/jobs}
- {name: SYNCLINE_LOG_FORMAT, value: {{ .Values.log.format | quote }}}
- {name: SYNCLINE_LOG_LEVEL, value: {{ .Values.log.level | quote }}}
{{- range $name, $value := .Values.sources.env }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- range $name, $reference := .Values.sources.secretEnv }}
{{ include "syncline.secret" (list $name $reference) }}
{{- end }}
{{- end }}

{{/* What every pod has in common. */}}
{{- define "syncline.pod" -}}
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
{{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
{{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
{{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
{{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{- define "syncline.confined" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* A container of the program. Call with (dict "root" . "name" … "args" … "resources" … "definitions" true|false). */}}
{{- define "syncline.container" -}}
name: {{ .name }}
image: {{ include "syncline.image" .root | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
args: {{ toJson .args }}
env:
{{- include "syncline.env" .root | nindent 2 }}
{{- if .served }}
  - {name: SYNCLINE_HTTP_HOST, value: 0.0.0.0}
  - {name: SYNCLINE_HTTP_PORT, value: "3030"}
{{- end }}
{{ include "syncline.confined" .root }}
resources:
{{- toYaml .resources | nindent 2 }}
{{- if or .definitions .root.Values.volumeMounts }}
volumeMounts:
{{- if .definitions }}
  - {name: jobs, mountPath: /etc/syncline/jobs, readOnly: true}
{{- end }}
{{- with .root.Values.volumeMounts }}
{{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{- define "syncline.volumes" -}}
{{- if or .definitions .root.Values.volumes }}
volumes:
{{- if .definitions }}
  - {name: jobs, configMap: {name: {{ include "syncline.name" .root }}-jobs}}
{{- end }}
{{- with .root.Values.volumes }}
{{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{/* A service that runs until it is stopped. Call with (dict "root" . "role" … "args" … "settings" … "scaled" …). */}}
{{- define "syncline.deployment" -}}
{{- $root := .root }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "syncline.name" $root }}-{{ .role }}
  labels:
    {{- include "syncline.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .role }}
spec:
  {{- if not .scaled }}
  replicas: {{ .settings.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  strategy:
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
  selector:
    matchLabels:
      {{- include "syncline.selector" $root | nindent 6 }}
      app.kubernetes.io/component: {{ .role }}
  template:
    metadata:
      labels:
        {{- include "syncline.labels" $root | nindent 8 }}
        app.kubernetes.io/component: {{ .role }}
      annotations:
        # Definitions are read when the process starts.
        checksum/jobs: {{ include (print $root.Template.BasePath "/jobs.yaml") $root | sha256sum }}
        {{- with $root.Values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "syncline.account" $root }}
      {{- include "syncline.pod" $root | nindent 6 }}
      # The program drains for 25 seconds.
      terminationGracePeriodSeconds: 40
      topologySpreadConstraints:
        {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
        - maxSkew: 1
          topologyKey: {{ . }}
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "syncline.selector" $root | nindent 14 }}
              app.kubernetes.io/component: {{ $.role }}
        {{- end }}
      containers:
        -
          {{- $container := dict "root" $root "name" .role "args" .args "resources" .settings.resources }}
          {{- include "syncline.container" (merge $container (dict "definitions" true "served" true)) | nindent 10 }}
          ports:
            - {name: http, containerPort: 3030, protocol: TCP}
          startupProbe:
            httpGet: {path: /livez, port: http}
            periodSeconds: 2
            failureThreshold: 60
          # Lag and staleness never fail it: a worker with much to do must not be restarted for that.
          livenessProbe:
            httpGet: {path: /livez, port: http}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            httpGet: {path: /readyz, port: http}
            periodSeconds: 5
            timeoutSeconds: 5
            failureThreshold: 3
      {{- include "syncline.volumes" (dict "root" $root "definitions" true) | nindent 6 }}
{{- end }}
