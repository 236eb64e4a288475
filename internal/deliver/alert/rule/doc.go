// Package rule is what a city decides about its messages and keeps as data: who may send
// what where and with how many countersignatures, which message goes before which, the
// templates, and how names are spoken. The evaluators are pure and say why.
package rule
