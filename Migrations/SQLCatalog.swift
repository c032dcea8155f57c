package let x = PackageResources.V0001_x_up_sql
package let y = PackageResources.kpi_show_sql
