// One look for every chart: thin lines, direct labels, zero baselines. Loaded when needed.
import { LineChart, BarChart } from 'echarts/charts'
import { AriaComponent, GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components'
import { init, use, type EChartsType } from 'echarts/core'
import { LabelLayout } from 'echarts/features'
import { SVGRenderer } from 'echarts/renderers'
import { token } from '../theme.ts'

use([LineChart, BarChart, GridComponent, TooltipComponent, MarkLineComponent, AriaComponent, LabelLayout, SVGRenderer])

export type Chart = EChartsType

export const open = (el: HTMLElement): Chart => init(el, null, { renderer: 'svg' })

/** Options that all charts begin from, in the colours of the theme. */
export function base() {
  const axis = {
    axisLine: { lineStyle: { color: token('line-2') } }, axisTick: { show: false },
    axisLabel: { color: token('ink-2'), fontSize: 12 }, splitLine: { lineStyle: { color: token('line') } },
  }
  return {
    animation: false, textStyle: { fontFamily: token('font'), fontSize: 12, color: token('ink') },
    grid: { left: 8, right: 16, top: 16, bottom: 4, containLabel: true },
    tooltip: { trigger: 'axis' as const, backgroundColor: token('ground'), borderColor: token('line-2'), textStyle: { color: token('ink'), fontSize: 12 }, axisPointer: { lineStyle: { color: token('line-2') } } },
    axis,
  }
}
